# 升级记录
record-format = 升级记录的格式为 { $format }，此版本不认识。未做任何更改。请使用写入该记录的 zshield 版本。
under-way = 正在升级到版本 { $version }。未做任何更改。查看情况：zshield upgrade status
failed-before = 此升级包（版本 { $version }）安装过，设备已从该版本退回。没有人确认时不会再次安装。未做任何更改。查看原因：zshield upgrade status
none-under-way = 没有正在进行的升级。未做任何更改。
wrong-phase = 升级处于“{ $phase }”阶段，无法这样做。未做任何更改。查看情况：zshield upgrade status
phase-applying = 正在安装
phase-trial = 试运行
phase-going-back = 正在退回
phase-settling = 正在收尾
because-cut-off = 安装过程被中断
because-step = 步骤 { $step } 失败：{ $why }
because-unhealthy = 新版本不健康：{ $reasons }
because-no-start = 在新版本的任何一次启动得出结果之前，已恢复到备份
because-aborted = 有人终止了升级
because-recovered = 其间已恢复{ $target }
no-live-recovery = 版本 { $version } 正在安装或试运行，不能混入旧版本的文件。未做任何更改。退回旧版本：zshield upgrade abort

# 路径与答复
not-a-path = “{ $text }”不是系统中的路径
answers-unreadable = 无法读取答复文件。未做任何更改。请更正：{ $why }
answers-format = 答复文件的格式为 { $format }，此版本只认识格式 1。未做任何更改。请写：format = 1
answers-path = 答复文件中的“{ $path }”不是绝对路径。未做任何更改。请写成 "/etc/motd" 的形式。
answers-unknown = 答复文件中的这些路径在两个版本和本机中都不存在：{ $paths }。未做任何更改。请更正路径。
clash-content = 本机和新版本都更改了内容
clash-attributes = 本机和新版本都更改了权限、属主或属性
clash-both-added = 本机和新版本都新增了此文件
clash-removed-here = 本机已删除，新版本有更改
clash-removed-there = 本机有更改，新版本已删除
clash-kind = 一方是文件，另一方是目录或链接
drifted = 系统与交付时不同（共 { $count } 处）：{ $paths }。不升级受损的系统。未做任何更改。查看差异：zshield check。如果更改属于您：zshield check --accept。恢复到备份：zshield recover latest
id-clash = { $path }：新版本需要“{ $name }”使用编号 { $id }，而在本机上该编号属于“{ $here }”。文件的属主会出错。未做任何更改。请为本机账户更换编号（usermod -u、groupmod -g），然后重试。

# 升级包的来源
source-file-address = 不接受以 file:// 开头的地址。未做任何更改。请直接写文件名：zshield upgrade { $path }
source-bad-address = 这不是 Web 服务器上文件的地址。未做任何更改。请指定文件，或以 https:// 或 http:// 开头的地址。
source-unreadable = 无法读取 { $path }。未做任何更改。请检查路径。
source-no-file = { $path } 不是文件。未做任何更改。请指定升级包本身。

# 空间
place-root = 系统卷
place-boot = /boot
place-golden = Golden 分区
room-of = { $place }需要 { $needs }，可用 { $has }
no-room = 空间不足，无法安装新版本：{ $places }。未做任何更改。请删除不需要的文件，然后重试。

# 健康
symptom-target = 未到达默认目标
symptom-inactive = { $unit } 未处于活动状态
symptom-failed = { $unit } 失败，升级前没有失败
symptom-address = 网络接口 { $interface } 不再有地址
symptom-route = 不再有默认路由
symptom-full = 没有剩余空间：{ $lacking }
symptom-drift = 检查发现 { $count } 处差异，例如 { $example }
symptom-no-check = 无法检查：{ $why }
symptom-program = { $name } { $end }
end-exited = 结束，状态为 { $status }
end-killed = 被信号 { $signal } 终止
end-timed-out = 未在规定时间内结束
end-not-started = 无法启动：{ $why }

# 计划
no-way-back = 没有可以退回的有效最近备份。未做任何更改。请先备份，然后重试：zshield backup
disk-missing = 本机缺少一块磁盘：无法备份，安装新版本后将无法退回。未做任何更改。请接好磁盘，然后重试。
recovery-begun = 一次恢复已开始但尚未完成。未做任何更改。请重新启动机器以完成恢复，然后重试。

# 安装
content-missing = 内容 { $digest } 既不在升级包中，也不在本机上：升级包要修补的文件在本机被更改过。包含全部内容的升级包也可用于本机，请向厂商索取。
placed-on-own = 升级包要更改 /{ $path }，但该处属于本机，不属于系统版本。未做任何更改。请向厂商索取其他升级包。
packages = 由软件包管理器安装：{ $packages }
no-package-manager = 升级包中是供 { $program } 使用的软件包，而本机没有 { $program }。未做任何更改。请向厂商索取其他升级包。
packages-refused = { $program } 不接受这些软件包。未做任何更改。请将其输出告知厂商：{ $said }
package-on-data = 软件包 { $package } 含有文件 /{ $path }，该处位于用户卷或审计卷，任何恢复都无法撤回。未做任何更改。请向厂商索取其他升级包。
packages-no-answers = 软件包的升级包不使用答复文件：在本机更改过的配置保留，软件包管理器将新配置放在旁边。未做任何更改。请去掉 --answers 重试。
no-partitions = 无法识别本设备的全部分区。
will = 版本 { $from } 将升级为版本 { $to }。
files = 写入 { $written } 个路径，删除 { $removed } 个。
stops = 期间停止这些服务：{ $units }
unanswered = 本机与新版本都更改过{ $count ->
    [one]  { $path }
   *[other]  { $path } 等 { $count } 个路径
}，而没有人说明如何处理。未做任何更改。请手动安装此版本，或将答复写入 /etc/zshield/answers.toml。
look-without-address = 策略没有指定要查看的网址。未做任何更改。请写入策略：[upgrade] 中的 url。
look-overdue = 服务器未及时应答
option-scheduled = 不询问任何人，并记录结果：供守护进程使用
look-about = 在策略指定的网址查看有无更新的版本
look-none = 没有更新的版本：那里是版本 { $version }。
look-unfit = 那里的内容不能安装在本机：{ $why }
look-new = 可以安装版本 { $version }（{ $size }）。
clashes = 以下路径在本机和新版本中都有更改。如需另行指定：--answers 文件
conflict = { $path }：{ $how }；{ $becomes }。
stays-here = 保留本机的
becomes-new = 采用新版本的
loses = 随之丢失：{ $paths }
restarts-machine = 先进行备份，然后重新启动机器。如果新版本不健康，机器会自动退回备份。
restarts-services = 先进行备份。文件有更改的服务会重新启动，机器不重新启动。
restarts-nothing = 先进行备份。无需重新启动任何内容。
agree = 安装版本 { $version }？
not-agreed = 升级未经确认，未做任何更改。不经提问直接确认：--yes
failed-before-change = 升级失败，系统尚未更改，仍是完整的旧版本。
failed-goes-back = 升级失败。机器下次启动时退回备份。请重新启动：systemctl reboot
argument-bundle = 新版本的升级包：文件，或 Web 服务器上的地址
option-answers = 说明本机与新版本都更改过的路径如何处理的文件
option-no-restart = 由我自行重新启动
goes-on = 升级会继续到结束：只有一半的新版本无法使用。关闭此终端也会继续。
restart-now = 新版本已就位。请重新启动机器：systemctl reboot。之后会说明新版本是否健康：zshield upgrade status
restarting = 新版本已就位。机器现在重新启动，之后会说明新版本是否健康：zshield upgrade status
looked-at = 新版本已就位并在运行。正在检查是否健康：zshield upgrade status
# Golden Image 与版本下限
settle-none = 没有已确认且等待收尾的升级。未做任何更改。
settle-other = 当前系统已不是已确认的版本 { $version }。未做任何更改。
settle-later = 缺少磁盘、快照未更新，或者恢复已开始或已预定。未做任何更改。上述情况结束后，升级会继续收尾。
settle-no-backup = 没有新版本的最近备份。未做任何更改。请先备份：zshield backup
below-floor = 版本 { $version } 早于 { $floor }，后者是本机仍允许的最旧版本
floor-unknown = 无法读取本机仍允许的最旧版本：{ $why }
floor-agree = { $why }。旧版本可能存在新版本已修复的安全漏洞。如仍要使用，请输入 { $word }：
floor-refused = { $why }。未做任何更改。请使用更新的版本。如确有需要，可由本机旁的人员允许：在终端上运行该命令，并输入所要求的单词。
settle-failed = 升级已确认并正在运行，但收尾失败：Golden Image 与出厂状态可能仍为旧版本，两者均可恢复。下次启动时会继续收尾；查看失败原因：zshield upgrade status
floor-erase = { $why }。本机是一台设备，其上的一切都将丢失：系统、备份和客户数据。如仍要清除全部内容并安装旧版本，请输入 { $word }：
