# 直接读取的文件系统
ext4-read = 无法读取设备
ext4-none = 不是 ext4
ext4-feature = 含有未知的特性：{ $features }
ext4-geometry = 超级块中的数值自相矛盾
another-filesystem = 该快照不属于此文件系统

# 机器的组成部分
boot-sector = SSD 首扇区的引导代码
grub-core = BIOS 用的 GRUB 核心
esp = EFI 系统分区
golden-file = Golden Image：{ $file }

# 正在进行的检查
part-quick = 快速检查系统文件
part-deep = 深度检查全部系统文件

# 报告
checked-quick = 版本 { $version }：已比较 { $compared } 项，出厂以来写入过的内容已重新读取。
checked-deep = 版本 { $version }：已比较 { $compared } 项，并全部读取。
no-basis = 无法进行快速检查，因此已读取全部文件：{ $why }
no-factory = 没有完好的出厂快照
stale = 系统曾被写入，而快照未能记录
other-image = 出厂快照属于另一个镜像
as-delivered = 一切与交付时相同。
in-order = 所有差异均属正常：{ $acknowledged } 项已确认，{ $backed-up } 项配置更改已在最近备份中。
class-system = 系统文件，应与交付时相同（{ $count }）：
class-config = 配置，在最近备份之后有更改（{ $count }）：
package = 软件包 { $name }
no-package = 不属于任何软件包
since = { $what }；最后更改于 { $time }
more = ……另有 { $count } 项（--json 列出全部）
repair = 恢复命令：{ $command }
repair-mounted = 重新启动机器后，挂载在系统之上的文件系统即被卸载。
repair-machine = 要恢复引导程序或 Golden Image，请从安装 U 盘启动。
grant-root-account = 新增具有 root 权限的账户：{ $name }
grant-password = 密码已更改或为空：{ $name }
grant-keys = root 的 SSH 密钥已更改
grant-sudo = sudo 权限已更改
grant-setuid = 以属主或属组权限运行的程序
grant-task = 新增服务或计划任务
accept = 如果更改是有意的：zshield check --accept
accept-config = 下一次备份会接受配置更改。
accepted = 已按上次检查所见接受 { $count } 个路径。此后再有更改会重新报告。
nothing-to-accept = 没有可接受的内容：上次检查未发现异常，或尚未检查。未做任何更改。请先运行 zshield check。
not-drifting = 上次检查没有发现 /{ $path } 有异常。未做任何更改。请先运行 zshield check。
mounted-elsewhere = { $root } 不是 { $device }
failed = 无法完成检查
failed-state =
    { $error }
    系统未改变。在检查成功之前，不会进行夜间备份。请排除原因，然后运行：zshield check
interrupted = 检查已中断。系统未改变，上次检查的结果仍然有效。
not-kept = 无法保存检查结果
untold = 相关告警无法保存到任何磁盘，仅在下次启动前有效

# 命令行
about = 将系统与交付的镜像比较。有差异时退出状态为 4
long-about = 将系统的每个文件、/boot、引导程序和 Golden Image 与已签名的清单比较。不做任何更改。配置更改只要最近备份中已有，即属正常。
option-deep = 读取每个文件，包括出厂以来未写入过的文件
option-accept = 接受上次检查发现的差异，或仅接受其中这些路径
