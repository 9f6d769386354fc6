# 保险库的问题
no-volume = 本设备没有保险库卷，因此没有保存备份的副本。未做任何更改。如果 HDD 有足够空间，可以创建它：zshield vault init
empty = 保险库是空的：还没有备份复制到其中。现在复制：zshield vault copy
no-place = 保险库的存放处不存在：目录没有挂载，或存储桶已不存在。
credentials = 服务器拒绝了凭据。请检查策略所指文件中的密钥或密码。
not-allowed = 服务器认可凭据，但不允许此操作。
clock = 本机时钟与服务器时钟相差太大。请设置本机时钟：date
read-only = 保险库的存放处无法写入：其文件系统以只读方式挂载。在 HDD 上，这发生在磁盘故障之后；在别处则由挂载或服务器造成。请排除原因，然后重试。
far-full = 存放处没有剩余空间。已发送到那里的内容完好。请在那里腾出空间，或删除 HDD 上的保险库已清除的内容：zshield vault prune --at 存放处
far-damaged = 存放处的内容与发送的不一致。已发送到那里的其他内容仍可读取。要查看损坏的内容，请在那里运行 restic check --read-data；然后删除这些文件并重新发送：zshield vault send
full = 保险库已满。备份照常进行，但不再复制。请在策略中减少保留的数量（[vault.keep]），然后运行：zshield vault prune
identity = 服务器不是已知的那一台：其密钥或证书不同。未发送任何内容。如果更换了服务器，请填入新的密钥或证书。
away = 保险库的存放处没有应答。复制会自动重试，并从中断处继续。
other-repository = 此存放处是另一台机器的保险库。未写入任何内容。请为每台机器指定各自的目录或前缀。
wrong-key = 此密钥打不开这个保险库。请检查恢复密钥；不区分大小写。
key-lost = 保险库的机器密钥已丢失，它是卷 lv-vault 上的文件 machine.key。现在只有恢复密钥能打开副本，使用 restic。
damaged = 保险库已损坏。完好的部分仍可读取。查看损坏的内容：zshield vault check --deep
unread = 备份中有一个文件无法读取，因此此备份没有复制到保险库。之前的副本未受影响。请恢复或删除该文件，重新备份，然后运行：zshield vault copy
no-generation = 保险库中没有此名称的备份，或有多个。查看名称：zshield vault list
fault = 无法使用保险库

# 在没有保险库的设备上创建
init-exists = 本设备已有保险库。未做任何更改。查看其中的内容：zshield vault list
init-not-wanted = 策略不要求在 HDD 上设保险库。未做任何更改。如需保险库，请删除策略中 [vault] 下的 size = "none"，然后重试。
init-disk-missing = 卷组缺少一块磁盘，因此无法创建保险库。未做任何更改。请接上该磁盘，然后重试。
init-no-room = HDD 没有足够空间创建保险库：需要 { $needs }，除其他卷和备份所需的空间外，只剩 { $free }。未做任何更改。请缩小 HDD 上的其他卷，或在策略中要求较小的保险库（[vault] 的 size）。
init-question = 将在 HDD 的空闲空间中创建 { $size } 的保险库。不改动任何其他卷。要创建吗？
init-declined = 未创建保险库。未做任何更改。
init-done = 保险库已创建：位于 HDD，{ $size }。守护进程会将备份复制到其中。现在复制：zshield vault copy
init-failed = 保险库没有创建。备份和数据未受影响。排除此原因后，请再次运行 zshield vault init
init-goes-on = 保险库的创建会继续到结束，只需片刻。即使关闭此终端也会继续。

# 复制
copied = { $time } 的{ $kind }已复制到保险库，名称为 { $id }；新增 { $added } MB。
copied-nothing = 保险库中已有全部备份。
pruned = 已清除：{ $id }（{ $time }）。
pruned-unreadable = 已删除，因为无法再读取：{ $id }。
room = 保险库剩余 { $free } MB；已使用 { $used } %。
kind-latest = 备份
kind-factory = 出厂状态
kind-other = 其他程序复制的状态
goes-on = 复制可以随时中断，下一次会从中断处继续。

# 列表
list-none = 保险库中没有备份。
list-entry = { $id }：{ $kind }，{ $time }，版本 { $version }，{ $size } MB
list-damaged = { $id }：已损坏，无法读取
no-recovery-key = 还没有恢复密钥。如果本机丢失，没有它任何人都无法读取副本。创建恢复密钥：zshield vault key

# 恢复密钥
key = 本设备的恢复密钥：
key-keep = 请将其写在纸上或存入保险柜，不要留在本机。它只显示一次。它可以打开本机备份的副本，使用 restic 时即为密码。之前的恢复密钥不再能打开 HDD 上的保险库。
key-question = 新的恢复密钥会取代之前的恢复密钥，之前的将不再能打开 HDD 上的保险库。要创建新的吗？
key-declined = 未创建恢复密钥。未做任何更改。

# 检查
whole = 保险库完好。
found = { $what } 已损坏。
given-up = 已从保险库中取出 { $packs } 个损坏的数据包。下一次复制会用本机的备份重新写入其中的内容：zshield vault copy

# 机器之外
sent = { $place }：已发送 { $objects } 个对象，共 { $size } MB。
sent-nothing = { $place }：没有缺少的内容。
sent-damaged = { $place }：已损坏，未发送：{ $what }
send-failed = { $place }：{ $why }
no-far = 策略中没有异地存放处。未做任何更改。请在策略中添加：[[vault.s3]]、[[vault.sftp]] 或 [[vault.directory]]
no-such-place = 策略中没有名为 { $place } 的存放处。未做任何更改。
credentials-file = { $path } 中没有凭据。第一行是密钥的编号，第二行是密钥。
credentials-open = root 以外的用户可以读取 { $path }。请取消其权限：chmod 600 { $path }
tested = { $place }：有应答，其中有 { $generations } 个备份。
tested-empty = { $place }：有应答，是空的。
send-about = 将副本发送到异地存放处
send-long-about = 将 HDD 上的保险库中有、而存放处缺少的内容写入每个异地存放处。可以随时中断。守护进程在每个存放处的时段内执行此操作。
test-about = 检查每个异地存放处，不做任何更改
argument-place = 策略中存放处的名称；省略时为全部

# 在机器之外删除
credentials-not-given = 在那里删除内容需要与每晚复制不同的凭据。请用 --credentials 文件 指定，存储桶也可以用环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY 指定。
prune-damaged = HDD 上的保险库已损坏，这里丢失的内容在那里可能仍然完好。未删除任何内容。请先运行 zshield vault copy 和 zshield vault check --deep。
prune-behind = { $place } 缺少 HDD 上的保险库已有的内容。未删除任何内容。请先发送：zshield vault send { $place }
prune-question = { $place }：将永久删除 { $objects } 个对象（{ $size } MB），其中有 { $generations } 个 HDD 上的保险库已清除的备份。要删除吗？
prune-declined = 未删除任何内容。
pruned-at = { $place }：已删除 { $objects } 个对象，{ $size } MB。
pruned-nothing-at = { $place }：没有 HDD 上的保险库已清除的内容。
prune-refused = { $place }：{ $objects } 个对象没有删除，属于它们的内容也没有。这些凭据不允许删除，或者对象锁定在期满之前保留这些对象。那里的内容是完好的。

# 从保险库取出文件
no-such-path = 该备份中没有 { $path }。未做任何更改。
exists = { $path } 已存在。未做任何更改。要替换它：--replace
taken = 已取出 { $names } 个文件和目录，共 { $size } MB。
taken-damaged = 已损坏，未取出：{ $path }
mounted = 备份已只读挂载到 { $directory }。按 Ctrl-C 结束。
mount-damaged = 已损坏，无法读取：{ $path }

# 命令行
about = 在 SSD 损坏后仍然存在的备份副本
long-about = 在 HDD 上保存备份的副本，去重并加密。可以用标准的 restic 读取。
init-about = 在没有保险库的设备上创建保险库
init-long-about = 在 HDD 的空闲空间中创建卷 lv-vault，大小由策略决定，或与系统相称。不改动任何其他卷。可以随时中断：下一次运行会删除残留并重新创建。
list-about = 显示保险库中的备份
copy-about = 复制保险库中缺少的备份
copy-long-about = 将保险库中缺少的最近备份和出厂状态复制到其中，然后清除策略不保留的备份。守护进程在每次备份之后执行此操作。
key-about = 创建新的恢复密钥，只显示一次
check-about = 检查保险库是否完好
option-deep = 读取每个字节，需要几分钟
prune-about = 清除策略不保留的备份
prune-long-about = 在 HDD 上清除策略不保留的备份。加 --at 则在异地存放处删除 HDD 上的保险库已清除的内容，删除前会询问。这需要与每晚复制不同的凭据，后者只能添加。
option-at = 改为在此异地存放处删除
option-credentials = 含有允许删除的凭据的文件：存储桶的格式与策略所指文件相同，SSH 服务器则为私钥
get-about = 从保险库的备份中取出文件或目录
mount-about = 只读挂载保险库中的备份，直到按下 Ctrl-C
argument-id = 备份的名称或其开头：zshield vault list
argument-path = 要取出的内容：/etc/passwd
argument-into = 存放的目录
argument-directory = 目录，必须为空
option-replace = 替换同名文件
prune-awaited = 恢复到保险库中备份的操作已开始或已安排。未删除任何内容。请等它完成，或取消安排：zshield recover --cancel

# 从异地存放处取回
far-empty = 存放处没有备份。
not-one-place = { $path } 必须恰好指定一个存放处，写在 [[s3]]、[[sftp]] 或 [[directory]] 之下。未做任何更改。
place-file = 无法使用 { $path }：{ $why } 未做任何更改。
fetch-awaited = 恢复到保险库中备份的操作已开始或已安排。在它结束之前，取回的备份会保留。未做任何更改。取消安排：zshield recover --cancel
fetch-no-room = 该备份需要保险库中 { $size } 的空间，只剩 { $free }。未做任何更改。请清除其中的备份：在策略中减少保留的数量（[vault.keep]），然后运行 zshield vault prune。删除之前取回的备份：zshield vault forget
fetch-question = 将 { $host } 在 { $time } 的备份取回到保险库：{ $size }。这不会改变系统。要取回吗？
fetch-replaces = 之前取回的备份将被删除。
fetch-declined = 未取回任何内容。未做任何更改。
fetched = { $host } 在 { $time } 的备份已在保险库中，名称为 { $id }；取回了 { $size } MB。恢复到此备份：zshield recover vault:{ $id }。如果本机代替已不存在的机器：zshield recover vault:{ $id } --take-over
fetched-damaged = 在存放处已损坏，取回的内容中没有：{ $path }
fetch-choose = 取回其中一个：zshield vault fetch { $place } 名称
fetch-nothing-listed = { $place } 没有备份。
forgotten = 已删除取回的备份。
forgotten-nothing = 没有取回的备份。
kind-fetched = 取回的备份，来自 { $host }
recovery-key-asked = 恢复密钥：
recovery-key-mistyped = 这不是恢复密钥：有字符错误或缺少。恢复密钥有六组，每组五个字符。未做任何更改。
fetch-about = 从异地存放处取回备份，用于恢复
fetch-long-about = 将异地存放处的备份取回到保险库：本机的备份，或已不存在的机器的备份。会要求输入恢复密钥。不给出名称时列出那里的备份。可以随时中断，下次从中断处继续。之后运行：zshield recover vault:名称
forget-about = 删除取回的备份
argument-from = 策略中存放处的名称；或一个文件，其中有一个存放处，写法与策略的 vault 部分相同：[[s3]]、[[sftp]] 或 [[directory]]
argument-fetched = 备份的名称或其开头；或 newest
option-recovery-key = 含有恢复密钥的文件；省略时会询问
part-fetch = 取回备份
fetch-goes-on = 取回可以随时中断，下一次会从中断处继续。
prune-ended = 删除已被中断。存放处的内容完好。要删除其余内容，请再次运行同一命令。
get-ended = 取出已被中断。目录中没有出现取出的内容，原有内容未受影响。请再次运行同一命令，它会删除这次留下的残余。
far-no-generation = 存放处没有此名称的备份，或有多个。查看名称：zshield vault fetch 存放处
fetch-away = 存放处没有应答。此前取回的内容会保留。请再次运行同一命令，它会从中断处继续。
fetch-damaged = 此备份所需的内容在存放处已损坏。请勿删除那里的任何内容：其他备份可能完好。查看备份：zshield vault fetch 存放处
no-key-there = 没有恢复密钥能打开存放处的内容：发送时尚未创建恢复密钥（zshield vault key），只有丢失机器自己的密钥能打开。未做任何更改。
forget-ended = 删除已被中断。剩余的内容由下一次运行删除：zshield vault forget
fetch-unread = 在存放处已损坏，可能更新：{ $names }
own-closed = 无法打开本机的保险库，其中可能还有其他备份：{ $why }
fetched-closed = 无法打开取回的备份：{ $why }
generations-lost = 保险库中有备份已无法读取并被删除：{ $ids }。其他备份是否完好，由下一次完整检查显示：zshield vault check --deep
