disk-missing = 卷组缺少一块磁盘，无法备份。现有备份未受影响。请接好磁盘，然后重试。
apart = 系统启动时没有带上快照，无法备份。未做任何更改。请重新启动机器，然后重试。
no-root = 系统卷不存在，无法备份。未做任何更改。请重新启动机器，然后重试。如果再次出现，请联系厂商。
recovery-begun = 恢复（{ $target }）已开始但尚未完成。未做任何更改。请重新启动机器，恢复会自动继续。
done = 备份已完成并通过校验。
no-policy = 无法读取本机的策略
failed = 备份未能完成。最近备份仍然存在：旧备份，或已通过校验的新备份。请排除以下原因，然后重新运行 zshield backup
goes-on = 备份会继续到完成，只需片刻：其间应用程序可能处于暂停状态。关闭此终端后也会继续。
needs-root = 此命令需要 root 权限。未做任何更改。请以 root 身份运行。
made-but = 备份已完成并通过校验，现为最近备份。但应用程序可能仍处于暂停状态。请手动使其继续运行，并排除原因：{ $why }
factory-made-anew = 备份已完成并通过校验，现为最近备份。但出厂状态未能沿用到此备份，已由 Golden Image 重新创建。请检查 HDD，并排除原因：{ $why }
factory-lost = 备份已完成并通过校验，现为最近备份。但出厂状态未能沿用到此备份，已丢失，且无法用 Golden Image 重新创建。请检查 HDD，排除原因，然后重新运行 zshield backup：{ $why }
factory-unread = 备份已完成并通过校验，现为最近备份。但目前无法读取出厂状态，已保持原样。请检查 HDD，排除原因，然后重新运行 zshield backup：{ $why }
no-image = 无法重新创建出厂状态，只创建最近备份：{ $why }
recovery-ordered = 已安排下次启动时恢复（{ $target }）；现在备份会替换要恢复到的状态。未做任何更改。请重新启动机器，或撤销该安排：zshield recover --cancel
held = 未进行备份。系统可能已损坏（{ $alarms }），其备份会取代完好的备份。未做任何更改。查看差异：zshield check。如果系统正常，请逐一确认这些告警：zshield alarm ack 告警编号 --reason "原因"。如果仍要进行这一次备份：zshield backup --despite-alarm --reason "原因"
despite-alarm = 以下告警尚未处理：{ $alarms }。如果系统已损坏，其备份会取代完好的备份，后者将无法找回。仍要备份吗？
upgrade-pending = 版本 { $version } 正在安装或试运行，最近备份是其退路，不能被新的备份取代。未做任何更改。请等待升级得到确认：zshield upgrade status

# 列出和挂载备份
not-empty = { $directory } 不是空目录。未挂载任何内容。请创建空目录，然后重试：mkdir { $directory }
no-such-backup = 没有可以挂载的完好的{ $target }。未做任何更改。查看现有备份：zshield backup list
not-mounted = { $directory } 上没有挂载备份。未做任何更改。查看挂载情况：zshield backup list
mount-in-use = { $directory } 上的备份正在使用，无法卸载或替换。未做任何更改。请在所有 shell 中离开此目录并关闭其中的文件，然后运行：zshield backup umount { $directory }
view-in-use = 有程序正在使用出厂状态，无法替换其下的最近备份。未做任何更改。请结束该程序，然后重试。
will-unmount = 备份挂载在 { $directories } 上。现在将其卸载，正在使用的除外。
mounted = { $target }已只读挂载到 { $directory }。在其使用期间无法创建新的备份。用完后请运行：zshield backup umount { $directory }
unmounted = { $directory } 上已没有挂载。
list-none = 还没有备份。创建备份：zshield backup
list-entry = { $target }：{ $time }，版本 { $version }，{ $kind }，已使用 { $fill } %，{ $state }
list-mounted = 挂载于 { $directory }
kind-snapshot = 快照
kind-store = 出厂存储区
sound = 完好
unsound = 无法恢复到此状态

# 命令行
about = 更新最近备份
long-about = 将 /boot 保存到系统中，在旧快照旁创建新快照并校验，之后才删除旧快照。任何失败都不影响旧备份。
option-despite-alarm = 虽有告警阻止，仍进行这一次备份；会再次询问
option-reason = 原因；与您的姓名一起保存在审计日志中
list-about = 显示最近备份和出厂状态
mount-about = 以只读方式挂载备份，以便取出文件
mount-long-about = 将最近备份或出厂状态挂载到空目录。其中的内容无法更改。下次备份时，如果无人使用就会将其卸载；使用期间无法创建新的备份。
umount-about = 卸载备份
argument-target = 最近备份或出厂状态
argument-directory = 空目录
argument-mounted = 挂载备份的目录
