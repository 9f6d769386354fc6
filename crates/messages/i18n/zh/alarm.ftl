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
secret-unreadable = 无法读取存放机密的文件 { $path }：{ $why }
secret-open = { $path } 存放机密，但属主不是 root 或其他人可读。请运行：chown root { $path }; chmod 600 { $path }
secret-empty = { $path } 应当只有一行机密内容
bad-address = 文件中的地址不是以 http:// 或 https:// 开头
unknown-host = 无法解析服务器名称 { $name }
no-roots = 没有可信任的证书：请安装 ca-certificates，或在 “ca” 中指定文件
bad-roots = { $path } 中没有证书
unreachable = 无法连接服务器，或连接中断：{ $why }
refused = 服务器拒绝（{ $code }）：{ $message }
too-many = 发送过于频繁，等待十分钟：{ $message }
store-busy = 另一个进程正在修改告警，等待超时
no-metrics = 无法在 { $address } 提供 Prometheus 指标：{ $why }
untold = 暂时无法向 “{ $sink }” 发送告警，稍后重试：{ $why }
banner = zshield：{ $count ->
   *[other] { $count } 条未处理的告警
}（zshield alarm list）
