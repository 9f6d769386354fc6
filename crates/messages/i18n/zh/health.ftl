disk-missing = { $role } 缺失
disk-copy = 磁盘 { $disk } 是本机某个磁盘的副本
disk-stalled = { $role } 没有响应
no-way-back = 没有可用于恢复的完好快照：{ $target }
stale = 系统曾被写入，而快照未能记录：需要重新创建快照
lvm-left-out = 一处遗漏：本机的一块磁盘不在其中（lvmdevices --addpvid { $id }）
backup-overdue = 上次备份已超过 { $days } 天
failed = 上次操作失败（{ $operation }）：{ $why }
recovery-begun = 恢复（{ $target }）中途停止：系统只恢复了一部分，下次启动时会继续恢复
recovery-ordered = 下次启动将恢复到{ $target }：此后对系统的所有更改都会丢失
failed-starts = 连续 { $count } 次启动未进入正常状态
unseen = 无法查看逻辑卷：{ $why }
integrity = { $count ->
   *[other] { $count } 个系统文件与交付时不同，例如 { $example }
}
access = 有 { $count } 处更改授予了访问权限或特权，例如 { $example }
unchecked = 无法检查系统文件：{ $why }
backup-held = 夜间备份已暂停：其备份会取代完好的备份，而系统可能已损坏
disk-failing = 磁盘 { $disk } 即将损坏：{ $faults }
raid-degraded = RAID 阵列 { $array } 状态异常：{ $state }
raid-card = RAID 卡 { $card } 或其缓存电池状态异常：{ $state }
unasked = 无法查询{ $hardware }：{ $why }
hardware-disks = 磁盘健康状况
hardware-raid = RAID 卡
lvm-hindered = 下次启动后，LVM 不会激活本机的全部卷：{ $place } 中有 { $setting }
nearly-full = { $filesystem }已使用 { $percent } %
clock-jumped = { $back ->
    [true] 系统时钟被调慢 { $seconds } 秒
   *[other] 系统时钟被调快 { $seconds } 秒
}
upgrade-went-back = 升级到版本 { $version } 后已退回，系统与升级前相同：{ $why }
upgrade-went-back-log = 升级到版本 { $version } 后已退回，系统与升级前相同：{ $why }。失败启动的日志：{ $log }
upgrade-waits = 可以安装版本 { $version }（{ $size }；{ $restart }）。
upgrade-waits-why = 未自动安装：{ $why }
upgrade-waits-news = 更新内容：{ $news }
restarts-nothing = 无需重新启动
restarts-services = 服务会重新启动
restarts-machine = 机器会重新启动
upgrade-unfinished = 升级到版本 { $version } 处于“{ $phase }”阶段，一直没有结束
daemon-ended = { $count ->
   *[other] zshield 守护进程无响应或崩溃 { $count } 次，已自动重新启动
}
filesystem-root = 系统卷（/）
filesystem-boot = 启动分区（/boot）
filesystem-user = 用户卷
filesystem-audit = 审计卷
fault-verdict = 磁盘自检预计一天内损坏
fault-attribute = { $name } 低于厂商阈值
fault-self-test = 自检失败
fault-pending = { $count } 个扇区无法读取
fault-uncorrectable = { $count } 个扇区已丢失
fault-worn = 寿命已用 { $percent } %
fault-hot = 温度超过厂商允许的上限
fault-spare-low = 备用块即将用完
fault-read-only = 不再接受写入
fault-cache-unprotected = 断电时会丢失缓存
critical = 严重
warning = 警告
advice-disk-missing = 请关机，检查该磁盘的连接线和 RAID 卡，然后重新开机。没有 HDD 时系统仍可运行，但无法备份。
advice-disk-copy = 请关机并取出该磁盘。两者同时在机器中时，启动可能把副本当作原磁盘，或启动失败。
advice-disk-stalled = 请检查 RAID 卡和连接线。如果磁盘仍无响应，请重新启动机器。
advice-unseen = 请重新启动机器。如果告警仍在，请将其内容告知厂商。
advice-no-way-back = 请运行 zshield backup：它会重新创建最近备份和缺少的出厂状态。在此之前，恢复出厂状态时将解压 Golden Image。
advice-stale = 请运行 zshield backup：它会重新创建快照。
advice-backup-overdue = 请运行 zshield backup，并查看其消息。
advice-failed = 请查看原因，将其排除，然后重新执行该操作。
advice-recovery-waits = 如果恢复已开始，请再次运行同样的 zshield recover，或重新启动机器：恢复会自动继续。如果只是安排了恢复，请重新启动机器，或用 zshield recover --cancel 撤销。
advice-failed-starts = 请查看上次启动的日志（journalctl -b -1）。如果系统已损坏，请运行 zshield recover latest。
advice-integrity = 请运行 zshield check 查看更改。如果是您所做的更改，请运行 zshield alarm ack integrity --reason 原因。如果不是，请运行 zshield recover latest。
advice-access = 请运行 zshield check 查看更改。如果是您所做的更改，请运行 zshield alarm ack access --reason 原因。如果不是，说明其他人曾取得 root 权限：请断开网络，运行 zshield recover latest，并更换所有密码和密钥。
advice-unchecked = 请排除原因，然后运行 zshield check。如果 Golden Image 的清单被更改，请从安装 U 盘启动。在此之前备份暂停。如果仍要继续备份，请运行 zshield alarm ack unchecked --reason 原因。
advice-backup-held = 请查看告警 access、integrity 和 unchecked。确认或消除后，备份会自动继续。
advice-disk-failing = 请保存客户数据，并更换磁盘。
advice-raid-degraded = 请更换阵列中损坏的磁盘。
advice-raid-card = 请用厂商工具检查 RAID 卡。电池恢复正常之前，断电可能丢失写入的数据。
advice-unasked = 请手动运行该工具。在它恢复响应之前，这类故障不会产生告警。
advice-lvm-hindered = 请删除该设置，或在其中加入本机的卷组或磁盘。系统本身仍能启动；在此之前，用户数据和日志不可用。
advice-nearly-full = 请删除不需要的文件。运行 du -xh / | sort -h | tail 可查看最大的目录。
advice-clock-jumped = 请检查时间、时区和时间服务器。
advice-upgrade-went-back = 请查看原因和日志，并一起发给厂商。此升级包不会再自动安装。查看情况：zshield upgrade status
advice-upgrade-waits = 先查看它的更改，再安装：zshield upgrade 网址，网址见策略。“--dry-run”可先显示更改。
advice-upgrade-unfinished = 请查看 zshield upgrade status 和其他告警。如果升级不在“正在收尾”阶段，可以退回旧版本：zshield upgrade abort
advice-daemon-ended = 请查看日志（journalctl -u zshield）。如果再次发生，请联系厂商。
integrity-of = { $count ->
   *[other] { $count } 个系统文件与交付时不同，例如 { $example }；所属软件包：{ $packages }
}
