waits = 备份正在进行，等待其结束
answers-again = 磁盘已恢复响应
backup-begins = 夜间备份开始
backup-done = 夜间备份完成
backup-failed = 夜间备份未正常结束（{ $status }）；稍后会重试。最新备份仍在：旧的，或已做好的新备份
no-longer = 已恢复正常：{ $condition }
backup-refused = 夜间备份未能开始，原因见上。未作任何更改；十五分钟后重试
lets-go = 有一次备份在通知应用程序继续运行之前被中止；现在通知它们
