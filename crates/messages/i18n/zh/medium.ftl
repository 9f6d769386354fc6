# 将镜像写入 U 盘
image-unreadable = 无法读取镜像 { $path }
image-without-table = { $path } 不是 zshield 镜像:没有有效的分区表
refused = 没有写入 { $disk }。未作任何更改。
refused-absent = 该设备不存在
refused-no-disk = 它不是磁盘
refused-partition = 它是一个分区;请指定整个磁盘 { $disk }
refused-mounted = { $device } 已挂载到 { $place };请先卸载
refused-swap = { $device } 正用作交换空间
refused-held = { $device } 正被 { $holder } 使用
refused-internal = 它既不是可移动磁盘,也不在 USB 上;可以强制写入
refused-read-only = 它处于写保护状态
refused-sectors = 它的扇区为 { $bytes } 字节;此镜像只能从 512 字节扇区的磁盘启动
refused-small = 它的容量为 { $has } 字节,而镜像需要 { $needs } 字节
declined = 未确认。未作任何更改。
open-failed = 无法独占打开 { $disk }:它正在被使用。未作任何更改。
write-failed = 写入第 { $offset } 字节时磁盘出错。磁盘上原有的内容已丢失,且无法启动。请换一个磁盘。
read-back-failed = 无法读取磁盘的第 { $offset } 字节。磁盘上原有的内容已丢失,且无法启动。请换一个磁盘。
differs = 磁盘写入时没有报错,但从第 { $offset } 字节起读回的内容不同:它已损坏或是假冒产品。该磁盘无法启动,请换一个磁盘。

# 校验镜像
verify-open = 无法读取 { $path }
verify-scratch = 没有存放临时文件的空间
verify-table = 第一份分区表无效
verify-second-table = 第二份分区表缺失或无效
verify-tables-differ = 两份分区表不一致
verify-partition = 第 { $number } 个分区应为 { $name },实际不是
verify-boot-sector = 引导扇区与黄金镜像中的不同
verify-core = 介质上的 BIOS 版 GRUB 与黄金镜像中的不同
verify-esp = EFI 系统分区与黄金镜像中的不同
verify-filesystem = 无法读取文件系统 zs-stick:{ $reason }
verify-extra = 介质上不应有 { $path }
verify-menu = GRUB 菜单 { $path } 与策略生成的不同
verify-policy = 黄金镜像中的策略无效
verify-initramfs = 无法读取救援系统的 initramfs:{ $reason }
verify-contents = 系统镜像与清单不符:“{ $path }”不同
