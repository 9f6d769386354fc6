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
no-image = 无法重新创建出厂快照，只创建最近备份：{ $why }
recovery-ordered = 已安排下次启动时恢复（{ $target }）；现在备份会替换要恢复到的状态。未做任何更改。请重新启动机器，或撤销该安排：zshield recover --cancel
held = 未进行备份。系统可能已损坏（{ $alarms }），其备份会取代完好的备份。未做任何更改。查看差异：zshield check。如果系统正常，请逐一确认这些告警：zshield alarm ack 告警编号 --reason "原因"。如果仍要进行这一次备份：zshield backup --despite-alarm --reason "原因"
despite-alarm = 以下告警尚未处理：{ $alarms }。如果系统已损坏，其备份会取代完好的备份，后者将无法找回。仍要备份吗？

# 命令行
about = 更新最近备份
long-about = 将 /boot 保存到系统中，在旧快照旁创建新快照并校验，之后才删除旧快照。任何失败都不影响旧备份。
option-despite-alarm = 虽有告警阻止，仍进行这一次备份；会再次询问
option-reason = 原因；与您的姓名一起保存在审计日志中
