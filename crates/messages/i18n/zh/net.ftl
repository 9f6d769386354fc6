# 其他机器
bad-proxy = 策略中的代理不是 HTTP 代理的地址，例如 http://proxy.example:3128
unknown-host = 无法解析服务器名称 { $name }
no-roots = 没有可信任的证书：请安装 ca-certificates，或在“ca”中指定文件
bad-roots = { $path } 中没有证书
unreachable = 无法连接服务器，或连接中断：{ $why }
