waits = 备份正在进行，等待其结束
answers-again = 磁盘已恢复响应
backup-begins = 夜间备份开始
backup-done = 夜间备份完成
backup-failed = 夜间备份失败（{ $status }）；稍后重试。最近备份仍然存在：旧备份，或已完成的新备份
no-longer = 已恢复正常：{ $condition }
backup-refused = 夜间备份未能开始，原因见上文。未做任何更改；15 分钟后重试
lets-go = 有一次备份在通知应用程序继续运行之前被中止；现在通知这些程序
backup-held = 夜间备份因告警 { $alarms } 暂停。请运行 zshield alarm list
check-begins = 开始检查系统
check-done = 系统检查完成
check-refused = 系统检查未能开始，原因见上文；15 分钟后重试
check-failed = 系统检查失败（{ $status }）；稍后重试

# 命令行
about = 每晚备份并监视磁盘；由 systemd 运行
look-refused = 未查看有无更新的版本：正在进行其他操作
look-failed = 无法查看有无更新的版本（{ $status }）；稍后重试
upgrade-begins = 正在安装更新的版本
upgrade-applied = 已装上更新的版本
upgrade-refused = 未安装更新的版本：“zshield status”说明原因
upgrade-failed = 安装更新的版本失败（{ $status }）
vault-refused = 保险库正在被其他操作使用；稍后再复制。
vault-failed = 保险库的操作出错（{ $status }）。将会重试。
