waits = 备份正在进行，等待其结束
answers-again = 磁盘已恢复响应
backup-begins = 夜间备份开始
backup-done = 夜间备份完成
backup-failed = 夜间备份失败（{ $status }）；稍后会重试，旧备份不受影响
no-longer = 已恢复正常：{ $condition }
