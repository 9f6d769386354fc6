# 其他机器
bad-proxy = 策略中的代理不是 HTTP 代理的地址，例如 http://proxy.example:3128
unknown-host = 无法解析服务器名称 { $name }
no-name-server = 无法解析服务器名称 { $name }：没有已知的 DNS 服务器。请指定 DNS 服务器，或直接使用服务器的地址
names-unanswered = 无法解析服务器名称 { $host }：DNS 服务器均未给出结果（已查询：{ $servers }）
no-roots = 没有可信任的证书：请安装 ca-certificates，或在“ca”中指定文件
bad-roots = { $path } 中没有证书
untrusted = 服务器的证书不受信任：{ $why }
not-valid-yet = 证书自 { $from } 起有效，而本机时钟为 { $now }。如果时钟不准，请校准
expired = 证书有效期至 { $until }，而本机时钟为 { $now }。如果时钟不准，请校准
unreachable = 无法连接服务器，或连接中断：{ $why }

# Web 服务器上的文件
not-there = { $url } 处没有文件（或已不存在）。请检查地址，或向厂商索取正确的地址。
not-allowed = 服务器不允许本机获取 { $url }（状态码 { $status }）。请检查地址、用户名和密码，或向厂商申请访问权限。
proxy-refuses = 代理不允许本机通过（状态码 { $status }）。请检查策略中的代理。对任何地址，代理都必须允许 CONNECT。
status = 服务器对 { $url } 返回状态码 { $status }，其中不含文件。请检查地址，或询问厂商。
much-later = 服务器繁忙，要求在 { $seconds } 秒之后再获取 { $url }。请到时重新运行命令。
gave-up = 无法读取 { $url }：连续 { $tries } 次尝试失败，最后一次的原因是“{ $why }”。请检查网络和服务器，然后重新运行命令。
changed = { $url } 处的文件在读取期间发生了变化。请重新运行命令。
too-many-redirections = { $url } 不断重定向到其他地址。请向厂商索取正确的地址。
bad-redirection = { $url } 重定向到不予跟随的地址：该地址不属于 Web 服务器，或不再使用 TLS。请向厂商索取正确的地址。
certificate = { $url } 所在服务器的证书不受信任（{ $why }）。如果服务器使用贵方自己的 CA 签发的证书，请在策略的“ca”中指定该 CA 的文件。如果本机时钟不准，请先校准。
odd = 对 { $url } 的应答无法理解：{ $what }。请询问服务器或代理的管理员。
odd-range = 其中的字节不是所请求的部分
odd-length = 其字节数多于所声明的长度
odd-encoding = 内容被压缩，而此处并未请求压缩
odd-protocol = 它不是正确的 HTTP（{ $why }）
answered = 服务器返回状态码 { $status }
silent = 服务器没有发送数据，或几乎没有发送数据
too-short = 应答过早结束
