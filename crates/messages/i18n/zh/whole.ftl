# 启动机器所需的内容及其修复
golden-filesystem = Golden 分区的文件系统
golden = Golden Image（救援系统由它启动）
boot-filesystem = /boot 的文件系统
boot = /boot 中用于启动系统的文件
ledger = /boot 中的状态账本
environment = /boot 中 GRUB 的环境
boot-loader = SSD 上的引导程序
lack-image = 此 U 盘上的映像与本机的不同。请使用与 Golden 分区版本相同的 U 盘。
lack-boot-set = 系统和备份中都没有完整的 /boot 副本。请返回到备份，或重建系统。
lack-begun = 恢复已经开始。请按 W 键完成它。
not-seen-again = 修复后无法再次检查
still-damaged = 修复后仍有损坏：{ $parts }。请检查 SSD。
about = 在救援系统中：修复机器启动所需的内容，保留全部内容
damaged = 已损坏：{ $part }
agree = 将重新写入已损坏的内容。系统、系统的备份、客户数据和日志都会保留。
table = { $disk }的分区表
then-rest = 届时发现的、启动所需的其他已损坏内容：分区表修复后才能看到
