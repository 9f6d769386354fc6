frame-name = zshield 救援系统
signature-trusted = 签名有效（密钥 { $key }）
signature-unsigned = 镜像未签名，不得交付客户
signature-unsigned-means = 无人为此镜像的内容担保。它只供测试使用。
image-not-compared = 镜像尚未与本机的记录比较
image-foreign = 外来镜像 - 不属于本机
image-foreign-means = 本机是用另一个镜像安装的。不会用此镜像创建系统。请使用厂商的安装 U 盘。
no-framebuffer = 固件没有提供图形模式，本屏幕无法显示中文。请使用串口控制台。
settings-unreadable = 无法读取 { $file }，因此不开放任何特殊功能：{ $why }

cmdline-unknown-word = 内核命令行中有未知参数，已忽略：{ $word }
cmdline-unknown-value = 内核命令行中有无效的值，已按最安全的方式处理：{ $word }
cmdline-contradiction = { $word } 出现两次且值不同，已按最安全的方式处理。

key-language = English
key-restart = 重新启动
key-power-off = 关机
key-install = 安装
key-install-anew = 清除并重新安装
key-look-again = 重新检查
key-confirm = 确认
key-back = 返回
key-choose = 选择
key-go-on = 继续
key-name-enter = 回车

starting-title = 正在启动…
starting-drivers = 正在加载驱动程序
starting-medium = 正在等待安装介质
starting-signature = 正在检查签名
starting-look = 正在检查磁盘
starting-ways-back = 正在查找恢复方式
starting-vault = 正在读取保险库

disk-role = 角色
disk-device = 设备
disk-model = 型号
disk-serial = 序列号
disk-identity = { $model }，序列号 { $serial }
disk-size = 容量
disk-passed-over = 未选用的原因

install-title = 可以安装
install-disks = 将使用下面两块磁盘：
install-erased = 磁盘上的全部数据都将被清除：
install-call = 按  I  键开始安装

present-title = 本机已安装系统
present-facts = 磁盘上已有安装好的系统：
present-hint = 要使用该系统，请拔出安装 U 盘，然后按 R 键。如果系统无法启动或不正常：
present-no-start = SSD 上没有系统：机器无法从磁盘启动，按 R 没有作用。
present-anew = 清除全部内容，包括客户数据和日志。届时会再次请您确认。

refused-title = 无法在本机安装
refused-reasons = 原因：
refused-no-disk = 没有找到磁盘。请检查电源和数据线。
refused-next = 未做任何更改。请检查硬件；插入磁盘后会自动重新检查，也可以按 S 键。

step-begun = 第 { $number } 步（共 { $total } 步）：{ $title }
step-done = 第 { $number } 步（共 { $total } 步）：{ $title }：完成

progress-install = 正在安装
progress-factory = 正在恢复到出厂状态
progress-latest = 正在恢复到最近备份
progress-vault = 正在从保险库恢复备份
progress-resumed = 正在继续上次中断的安装。
progress-overall = 总进度
progress-elapsed = 已用时间：{ $clock }
progress-bytes = { $done } / { $total }
progress-steps = 步骤：
progress-leave-on = 请不要关机。如果断电，请用同样的方式重新启动，操作会自动继续。

done-install = 安装完成
done-factory = 已恢复到出厂状态
done-latest = 已恢复到最近备份
done-vault = 已从保险库恢复备份
done-took = 用时 { $clock }（分：秒）。
done-notes = 说明：
done-remove-stick = 请拔出 U 盘，然后按  R  键
done-restart = 请按  R  键重新启动
done-power-off = 如果不按键，本机将在 { $seconds } 秒后自动关机。

failed-title = 失败
failed-what = 发生了什么：
failed-state = 本机的状态：
failed-next = 接下来怎么做：
failed-log = 日志在内存文件 { $file } 中。最后几行是：
failed-log-on-stick = 日志已保存到 U 盘 ZS-LOG 分区的 { $file } 文件。最后几行是：

confirm-install = 要清除已安装的系统吗？
confirm-factory = 要恢复到出厂状态吗？
confirm-latest = 要恢复到最近备份吗？
confirm-vault = 要从保险库恢复此备份吗？
confirm-kept = 以下内容会保留：
confirm-kept-data = 客户数据（/home）和日志（/var/log）
confirm-lost = 以下内容将永久丢失：
confirm-call = 请输入  { $digits }  然后按回车键
confirm-wrong = 输入的数字不对。未做任何更改。

recovery-title = 系统恢复
recovery-kept = 无论选择哪一项，客户数据（/home）和日志（/var/log）都会保留。
recovery-factory = 出厂状态
recovery-latest = 最近备份
recovery-generation = 备份 { $id }
recovery-of-factory = 出厂状态
recovery-fetched = 取回的备份，来自机器 { $host }
recovery-older = 保险库中更早的备份
recovery-older-fact = 显示 HDD 上保险库中保存的备份。
recovery-other-ways = 返回
recovery-other-ways-fact = 显示最近备份和出厂状态。
recovery-leave = 退出
recovery-leave-fact = 不做任何更改，重新启动进入系统。
recovery-unavailable = 不可用：{ $why }
recovery-time-out = 十分钟没有按键，本机将重新启动进入系统。

restart-title = 要重新启动吗？
restart-text = 检测到 Ctrl-Alt-Del。现在重新启动不会造成损害。

shell-not-allowed = 内核命令行要求打开命令行（zshield_shell=1），但此镜像不允许。
shell-missing = 内核命令行要求打开命令行（zshield_shell=1），但此镜像中没有 { $path }。

state-nothing-changed = 未做任何更改。
next-medium = 请确认 U 盘已插牢，最好直接插在本机上，然后重新启动。如果仍然出现，请重新写入 U 盘。

medium-not-named = 内核命令行没有说明镜像的位置（zshield_medium=）
medium-not-found = 没有找到分区为 { $guid } 的介质
medium-not-mounted = 无法挂载 { $device }：{ $why }
medium-without-slot = { $device } 的镜像目录 { $slot } 中没有镜像
modules-unreadable = 无法读取内核模块列表：{ $why }

crash-what = 救援系统意外退出（{ $how }）。
crash-state = 已开始的操作尚未完成。
crash-next = 请重新启动本机，已开始的操作会自动继续。如果再次出现，请记下下面的内容并联系厂商。
crash-last-words = The rescue system can’t go on. Press Enter to restart the machine.
key-ways-back = 其他恢复方式
key-rebuild = 重建为交付时的系统，保留数据
key-restore = 在新的 SSD 上恢复上次备份
present-rebuild = 系统恢复为交付时的状态；保留客户数据和日志。届时会再次请您确认。
present-restore = 重建系统并从 HDD 恢复上次备份；保留客户数据和日志。届时会再次请您确认。
present-no-rebuild = 无法保留其中的数据，原因见上。
progress-rebuild = 正在重建系统
done-rebuild = 系统已重建，客户数据和日志均已保留
done-restarts = 如果不按键，本机将在 { $seconds } 秒后自动重新启动。
confirm-rebuild = 要重建系统吗？
confirm-restore = 要重建系统并恢复上次备份吗？
recovery-leave-begun = 重新启动，恢复会自动继续。
recovery-begun = 恢复曾被中断：系统处于部分恢复状态，完成恢复之前无法启动。客户数据和日志会保留。
key-recover = 返回备份
present-recover = 上次备份、更早的备份或出厂状态；保留客户数据和日志。先列出可用的备份，再请您确认。
recovery-to-stick = 不做任何更改；显示此 U 盘的其他功能。
key-repair = 修复，保留全部内容
present-repair = 检查本机启动所需的内容，并显示哪些已损坏。在您同意之前不会写入任何内容。
starting-damage = 正在检查启动所需的内容
progress-repair = 正在修复启动所需的内容
done-repair = 已修复；其他内容保持不变
confirm-repair = 要修复已损坏的内容吗？
confirm-kept-all = 系统、系统的备份、客户数据（/home）和日志（/var/log）
confirm-repaired = 已损坏、将重新写入的内容：
repair-nothing = 没有损坏
repair-nothing-fact = 本机启动所需的内容完好。如果系统仍无法启动，请返回备份：按 Esc，再按 W 键。
repair-none = 无法修复
repair-none-fact = 要使用其他方法，请按 Esc。
repair-left = 已损坏：
repair-not = 仍有损坏：{ $what }
repair-kept = 系统、系统的备份、客户数据和日志均未改动
repair-state = 已损坏的内容可能仍有损坏。系统、系统的备份、客户数据和日志均未改动。
repair-next = 请从 U 盘重新启动并再次修复。如果仍然失败，请检查 SSD，或用 U 盘返回备份。
