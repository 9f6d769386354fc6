disk-missing = { $role } 缺失
disk-stalled = { $role } 没有响应
no-way-back = 没有可用于恢复的完好快照：{ $target }
stale = 快照所在磁盘缺失期间系统被写入过：需要重新创建快照
backup-overdue = 上次备份已超过 { $days } 天
failed = 上次操作失败（{ $operation }）：{ $why }
failed-starts = 连续 { $count } 次启动未进入正常状态
unseen = 无法查看逻辑卷：{ $why }
