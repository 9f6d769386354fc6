# 机器接入网络
link = { $link }：{ $why }
why-no-carrier = 没有网线，或网线另一端没有设备
why-silent = 没有 DHCP 服务器应答
why-refused = DHCP 服务器拒绝分配地址
why-gone = 网卡已不存在
why-no-router = DHCP 服务器没有给出网关
why-later = 无需使用：另一个连接先就绪
why-failed = 内核无法执行（{ $why }）

stage-drivers = 正在加载网卡驱动程序
stage-carrier = 正在等待网线（{ $links }）
stage-lease = 正在请求地址（{ $links }）

no-links = 没有网卡，或本系统没有相应的驱动程序。未做任何更改。请连接其他型号的网卡，或在没有网络的情况下继续。
no-carrier = 没有连接网线（{ $links }）。请连接网线，检查网口旁的指示灯和交换机，然后重试。
no-lease = 没有 DHCP 服务器为本机分配地址（{ $links }）。请检查网线和 DHCP 服务器，然后重试，或手动指定地址。
which-link = 有多个网口连接了网线（{ $links }）。请指定要使用的网口，或拔掉其他网线。
not-that-link = 网络连接 { $link } 不存在，或没有连接网线。已连接网线的有：{ $others }。
link-lost = 网络连接 { $link } 已断开：网线、交换机或网卡有问题。请重新连接，然后重试。
lease-lost = 地址 { $address } 不能再使用：DHCP 服务器没有续租。请检查 DHCP 服务器，然后重试。
kernel = 内核无法设置网络（{ $why }）。请重新启动机器，然后重试。

# 手动指定的地址
bad-address = “{ $text }”不是带网络长度的地址。请按 192.168.1.20/24 的形式填写。
no-prefix = “{ $text }”缺少网络长度。请按 192.168.1.20/24 或 192.168.1.20/255.255.255.0 的形式填写。
bad-prefix = “{ $text }”不是网络长度。应为 1 到 32 的数字，或 255.255.255.0 这样的掩码。
no-host = 任何机器都不能使用地址 { $address }。请使用您的网络中的空闲地址，例如 192.168.1.20。
of-all = { $address } 表示网络本身或其中的所有机器，而不是一台机器。请使用该网络的其他地址。
bad-router = “{ $text }”不是网关的地址。请按 192.168.1.1 的形式填写；没有网关则留空。
router-outside = 网关 { $router } 不在本机地址所属的网络 { $network } 中。请检查两者以及网络长度。
router-is-self = { $address } 同时指定给了本机和网关。两者需要各自的地址。
bad-name-server = “{ $text }”不是 DNS 服务器的地址。请按 192.168.1.1 的形式填写，多个地址之间用逗号分隔；没有则留空。
too-many-name-servers = { $count } 个 DNS 服务器太多了，最多三个。
