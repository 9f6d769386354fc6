# 启动时的消息
healthy = 版本 { $version } 健康，予以保留。现在创建新的备份。
warning = 版本 { $version }：{ $what }
sick = 版本 { $version } 不健康：{ $reasons }。机器现在重新启动并退回到版本 { $old }。
ordered-again = 放弃版本 { $version }：{ $why }。机器现在重新启动并退回到版本 { $old }。
went-back = 升级到版本 { $version } 后已退回，正在运行版本 { $old }：{ $why }
complete = 升级到版本 { $version } 已完成：最近备份中是此版本。
order-failed = 无法安排退回旧版本。机器将重新启动；新版本用完启动次数后会自动退回
overdue = 健康检查未能结束
ended = 健康检查在得出结果之前就已终止
program-said = { $symptom }：{ $output }
no-facts = 无法询问 systemd：{ $why }

# 健康检查目录中的程序
not-regular = 它不是普通文件，因此没有运行。请换成普通文件
not-own = 它不属于 root，因此没有运行。请运行：chown root { $path }
writable = root 以外的用户可以写入它，因此没有运行。请运行：chmod go-w { $path }
unreadable = 无法读取：{ $why }

# 检查
check-busy = 另一个操作未能及时结束：{ $why }

# 状态
none = 还没有进行过升级。
now = 从版本 { $from } 升级到 { $to }：{ $phase }，自 { $time } 起
starts = 新版本到目前为止的启动次数：{ $count }，最多 { $most }
why = 原因：{ $why }
ended-confirmed = { $time }：从版本 { $from } 到 { $to }：已确认
ended-back = { $time }：从版本 { $from } 到 { $to }：已退回：{ $why }
log = 失败启动的日志：{ $path }
no-log = 没有保留失败启动的日志。
label = 升级：
label-last = 上次升级：

# 确认、终止
not-started = 新版本没有运行，因此无法确认。未做任何更改。查看升级情况：zshield upgrade status
confirmed = 版本 { $version } 已确认。
not-settled = 版本 { $version } 已确认并保留，但无法创建它的备份；每十分钟以及每次启动时会再次尝试
agree-abort = 放弃版本 { $version }：系统和 /boot 恢复到升级前的备份（版本 { $old }），机器现在重新启动。其间对系统的更改会丢失；客户数据和日志保留。现在退回吗？
not-agreed = 升级继续。未做任何更改。
aborted = 机器现在重新启动并退回到版本 { $old }。
aborted-noted = 系统已经是版本 { $old }；升级记为已结束。
abort-unknown = 未能安排退回到版本 { $old }，不清楚进行到哪一步；请再次运行同一命令

# 命令行
about = 安装新版本；查看、确认或退回升级
status-about = 显示正在进行的升级，以及最近几次升级的结果
confirm-about = 立即保留新版本，不再等待健康检查；然后创建它的备份
abort-about = 放弃新版本：恢复到升级前的备份，并重新启动
gate-about = 判断试运行中的新版本是否健康
gate-failed-about = 放弃健康检查没有得出结果的新版本
settle-about = 为已确认的版本创建备份
