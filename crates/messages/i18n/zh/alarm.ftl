title = { $product } { $host }：{ $bad ->
   *[other] { $bad } 条告警
}，{ $good } 条已处理
title-test = { $product } { $host }：测试
dropped = 因长时间无法发送，已丢弃 { $count } 条较早的消息
more = 还有 { $count } 条，随后发送
facts = 开始于 { $since }，{ $id }
opened = 【{ $severity }】{ $text }
still = 【{ $severity }】仍未消除：{ $text }
acknowledged = { $who } 已确认（{ $reason }）：{ $text }
cleared = 已恢复正常：{ $text }
test = 这是一条测试消息。收到即表示告警可以送达。
secret-unreadable = 无法读取 { $path } 中的机密：{ $why }
secret-open = { $path } 存放机密，但属主不是 root 或其他人可读。请运行：chown root { $path }; chmod 600 { $path }
secret-empty = { $path } 应当只有一行机密内容
bad-address = 文件中的地址不是以 http:// 或 https:// 开头
refused = 服务器拒绝（{ $code }）：{ $message }
too-many = 服务器暂时不再接收消息，zshield 等待十分钟：{ $message }
store-busy = 另一个进程正在修改告警，等待超时
no-metrics = 无法在 { $address } 提供 Prometheus 指标：{ $why }
some-untold = 以下地址被拒绝：{ $whom }
not-all = “{ $sink }”未能将告警发送给所有收件人：{ $why }
untold = 暂时无法向“{ $sink }”发送告警，稍后重试：{ $why }
banner = zshield：{ $count ->
   *[other] { $count } 条未处理的告警
}（zshield alarm list）
none = 没有告警。
list-open = 未处理
list-acknowledged = 已由 { $who } 于 { $at } 确认：{ $reason }
list-cleared = 已于 { $at } 消除
list-facts = 开始于 { $since }，共 { $count ->
   *[other] { $count } 次
}，最近 { $last }
list-id = { $id }【{ $severity }】{ $state }
waiting = “{ $sink }”：{ $count } 条尚未发送
waiting-why = “{ $sink }”：{ $count } 条尚未发送；最近一次失败：{ $why }
acked = 告警 { $id } 已确认。
acked-not-kept = 告警已确认，但没有磁盘可以保存此确认，仅在下次启动前有效。请在下次启动后再次确认。
unknown-id = 没有未处理的告警“{ $id }”。未做任何更改。未处理的有：{ $open }
unknown-id-none = 没有未处理的告警“{ $id }”。未做任何更改。当前没有未处理的告警。
no-reason = 原因为空。未做任何更改。请填写原因：--reason "…"
no-sinks = 没有配置接收端。未发送任何消息。请在 /etc/zshield/appliance.toml 的 [alarm] 中添加
unknown-sink = 没有名为“{ $name }”的接收端。未发送任何消息。现有：{ $names }
tested = “{ $name }”：已发送
test-failed = “{ $name }”：{ $why }

# 命令行
about = 列出和确认告警；测试消息能否送达
list-about = 列出告警，以及尚未发送的消息
option-all = 同时列出最近 90 天内已消除的告警
ack-about = 确认一条告警：不再发送相关消息，也不再阻止备份
argument-id = 列表中显示的告警编号
option-reason = 原因；与您的姓名一起保存在审计日志中
test-about = 向全部接收端或其中一个发送测试消息
argument-sink = 策略中接收端的名称，或 wall
