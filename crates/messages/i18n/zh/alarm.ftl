title = { $product } { $host }：{ $bad ->
   *[other] { $bad } 条告警
}，{ $good } 条已处理
title-test = { $product } { $host }：测试
dropped = 因长时间无法送达，已丢弃 { $count } 条较早的消息
more = 还有 { $count } 条，随后发送
facts = 开始于 { $since }，{ $id }
opened = 【{ $severity }】{ $text }
still = 【{ $severity }】仍未恢复：{ $text }
acknowledged = { $who } 已确认（{ $reason }）：{ $text }
cleared = 已恢复正常：{ $text }
test = 这是一条测试消息。收到即表示告警可以送达。
