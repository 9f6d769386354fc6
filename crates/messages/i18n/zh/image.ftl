file = 无法读取或写入 { $path }
scratch = 无法创建临时文件
tool-absent = 本机没有 { $name }。Debian 请安装 { $debian }；Red Hat 请安装 { $redhat }。
tool-unusable = 无法运行 { $name }
tool-failed =
    { $name } 运行失败：
    { $said }
lacking = 无法制作镜像，缺少以下内容：{ $items }
payload-absent = 找不到载荷 { $path }。
payload-unknown = { $path } 既不是目录，也不是 tar 或 squashfs。
payload-mounted = { $path } 属于正在运行的内核。请先卸载挂载在载荷目录中的文件系统，再重新制作。
tar-escapes = { $tar } 中的文件名 { $name } 指向归档之外。请重新打包，文件名中不要含有“..”。
unreadable = 无法读取载荷中的以下文件。请以 root 身份制作，或将载荷打包为 tar：{ $items }
many-kernels = 载荷中有多个内核。请在策略文件的 [payload] 中用 "kernel" 指定其中一个：{ $items }
named-file-absent = 策略文件指定的 { $path } 不在载荷中。
not-a-kernel = { $path } 不是 x86 内核。
module-absent = 内核模块 { $path } 已登记但不存在。请在载荷中运行 depmod。
not-a-program = { $path } 不是 ELF 程序。
library-absent = { $program } 需要 { $library }，但载荷中没有。
init-not-static = { $path } 依赖共享库，不能作为救援系统的第一个进程。请使用静态编译的 zshield。
grub-unfit = { $path } 中的 GRUB 的 boot.img 或 core.img 格式未知。
table = 无法写入 { $path } 的分区表
would-be-unsigned = 没有用于签名的密钥，因此没有制作镜像。请用 --key 提供私钥，或用 --insecure-unsigned 制作未签名的镜像。
key-not-trusted = 救援系统不会信任为本镜像签名的密钥 { $id }。请把对应的公钥加入策略文件 [image] 的 "trusted_keys"。
bad-time = 1970 年以来 { $seconds } 秒不是镜像可用的时间。

lack-host-tool = 本机没有 { $name }。Debian：{ $debian }；Red Hat：{ $redhat }
lack-init = 载荷中没有 init（/sbin/init）。Debian：systemd-sysv；Red Hat：systemd
lack-program = 载荷中没有 { $name }。Debian：{ $debian }；Red Hat：{ $redhat }
lack-grub = 载荷和本机都没有用于 { $firmware } 的 GRUB。Debian：{ $debian }；Red Hat：{ $redhat }
lack-kernel = 载荷的 /boot 中没有内核。Debian：linux-image-amd64；Red Hat：kernel
lack-initrd = 载荷的 /boot 中没有与内核对应的 initrd。Debian：安装 initramfs-tools 后运行 update-initramfs -c -k all；Red Hat：dracut -f --regenerate-all
lack-no-lvm-devices = 载荷中的 { $place } 使 LVM 只能使用制作载荷的那台机器的磁盘，在设备上 LVM 将找不到任何卷。请在载荷中运行 rm /etc/lvm/devices/system.devices，再运行 dracut -f --regenerate-all
lack-initrd-lvm = 载荷的 initrd 不含 LVM，无法打开根卷。Debian：安装 lvm2 后运行 update-initramfs -u -k all；Red Hat：dracut -f --add lvm --regenerate-all
lack-kernel-modules = 载荷的 /lib/modules 中没有与内核对应的模块。Debian：linux-image-amd64；Red Hat：kernel-modules
lack-driver = 载荷的内核不支持 { $what }（{ $modules }）。Debian：请用 linux-image-amd64，不要用 linux-image-cloud-amd64；Red Hat：kernel-modules、kernel-modules-extra

grub-lent = 载荷中没有用于 { $firmware } 的 GRUB，已使用本机的 GRUB。
host-keys = 载荷中含有 { $count } 个 SSH 主机密钥。安装时每台机器会生成自己的密钥。
machine-id = 载荷中含有 machine-id。安装时每台机器会生成自己的 machine-id。
all-owned-by-root = 未以 root 身份从目录制作：所有文件都将属于 root。使用 tar 可保留原属主。
repacked = squashfs 不是 zstd 压缩，已重新打包。
access-lists-lost = squashfs 无法保存 POSIX 访问控制列表，已略去。Debian 中通常只有 /var/log/journal 带有此列表，systemd 会重新设置。
packed-modules = 载荷的内核模块是压缩的，而其内核不能自行解压（CONFIG_MODULE_DECOMPRESS）：启动前的准备需要载荷 initrd 中的 modprobe。
initrd-not-read = 无法确认载荷的 initrd 是否含有 LVM。
unsigned = 镜像未签名。救援系统会在每个画面上显示这一点。

phase-read = 读取载荷
phase-check = 检查载荷
phase-pack = 打包 squashfs
phase-list = 登记文件
phase-verity = 生成 dm-verity 校验树
phase-initramfs = 生成救援系统
phase-boot = 生成 GRUB
phase-sign = 封存清单
phase-assemble = 写出镜像
lack-directory = 载荷中没有目录 { $directory }，而 [storage] 要在那里挂载卷。请创建一个空目录。
