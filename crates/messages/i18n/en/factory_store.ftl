no-mark = it is not marked as the factory store: it is what an interrupted removal left
not-over = the factory store does not belong to { $snapshot }
short = the table of the factory store has { $found } entries, though it once had { $marked }
given-up = the kernel has given up the snapshot { $snapshot }: it no longer holds everything
no-volume = { $device } is not an LVM volume
earlier-view-in-use = somebody still uses the factory state as it lay over an earlier backup. Unmount it: zshield backup umount
