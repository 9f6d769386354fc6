disk-missing = 卷组缺少一块磁盘，无法备份。现有备份未受影响。请接好磁盘后重试。
no-root = 系统卷不存在，无法备份。未作任何更改。
recovery-begun = 恢复操作（{ $target }）已开始但尚未结束。未作任何更改。请重新启动机器，恢复会自动继续。
done = 备份已完成并通过校验。
no-policy = 无法读取本机策略
failed = 备份失败。最近备份仍为之前的备份。
needs-root = 需要 root 权限。未作任何更改。
