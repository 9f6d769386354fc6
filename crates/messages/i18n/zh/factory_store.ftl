no-mark = 它没有出厂存储区的标记：是一次中断的删除留下的
not-over = 出厂存储区不属于 { $snapshot }
short = 出厂存储区的索引表只有 { $found } 项，而此前有 { $marked } 项
given-up = 内核已放弃快照 { $snapshot }：其内容不再完整
no-volume = { $device } 不是 LVM 卷
earlier-view-in-use = 仍有人在使用基于较早备份的出厂状态。请卸载：zshield backup umount
