# 文件
cannot-read = 无法读取 { $path }
cannot-write = 无法写入 { $path }
cannot-create = 无法创建 { $path }

# 载荷内的路径
path-absolute = 路径“{ $path }”以根目录开头，必须使用相对路径
path-indirect = 路径“{ $path }”含有空名称、“.”或“..”
path-nul = 路径“{ $path }”含有空字节（NUL）
path-long = 路径“{ $path }”超出了 Linux 允许的长度
path-escape = “{ $text }”中的 % 后面不是两位十六进制数字

# 镜像目录
artifact-size = { $name } 的大小为 { $actual } 字节，而清单中为 { $expected } 字节
artifact-content = { $name } 的内容与清单不符：文件已损坏或被修改

# 清单
manifest-line = 清单第 { $line } 行有错误
manifest-empty = 缺少首行信息
manifest-line-long = 该行过长
manifest-cut = 该行不完整
manifest-json = 第 { $column } 列：{ $message }
manifest-format = 清单格式为 { $found }，而此版本的 zshield 只能读取格式 { $known }：需要更新的 zshield
manifest-field-missing = 缺少字段“{ $name }”
manifest-field-unexpected = 这种类型的条目不得有字段“{ $name }”
manifest-mode = 权限“{ $text }”不是四位八进制数字
manifest-xattr = 扩展属性的名称或值无效
manifest-symlink-target = 符号链接的目标无效
manifest-root-first = 第一个条目不是根目录
manifest-twice = “{ $path }”出现了两次
manifest-order = “{ $path }”列出的位置太靠后
manifest-no-parent = “{ $path }”所在的目录没有列在它之前
manifest-parent-no-directory = “{ $path }”的上一级不是目录
manifest-link-target = 硬链接“{ $path }”指向“{ $to }”，但在它之前没有列出这个有多个名称的文件
manifest-totals = 条目的数量或总大小与首行信息不符
manifest-artifact = 首行信息中 { $name } 没有出现或出现了多次
manifest-large = { $path } 过大，不可能是有效文件
manifest-unusable = 无法使用 { $path }

# 密钥和签名
key-exists = { $path } 已经存在；zshield 从不覆盖密钥
key-malformed = { $path } 不是 minisign 格式的公钥
secret-key-malformed = { $path } 不是 minisign 格式的私钥
key-password-needed = 私钥 { $path } 已加密，需要密码
key-password-wrong = 密码无法解开私钥 { $path }
key-id-malformed = “{ $text }”不是密钥编号：应为 16 位数字，由 0 到 9 和 A 到 F 组成
key-generation = 无法生成密钥：{ $reason }
signature-missing = 镜像没有签名：找不到 { $path }
signature-malformed = { $path } 不是 minisign 格式的签名
signature-unknown-key = 镜像由密钥 { $key-id } 签名，但此处不信任该密钥
signature-revoked = 镜像由密钥 { $key-id } 签名，但厂商已吊销该密钥；请向厂商索取用现行密钥签名的镜像
signature-wrong = 签名与 { $path } 不符：镜像在签名之后被修改过
manifest-not-installed = { $path } 不是此处所安装镜像的清单

# dm-verity
not-hexadecimal = “{ $text }”不是十六进制的哈希值或盐值
verity-empty = { $path } 是空文件
verity-layout = { $path } 的长度与其哈希树不符
verity-superblock = { $path } 中没有匹配的 dm-verity 超级块
verity-data = { $path } 内容的根哈希为 { $actual }，应为 { $expected }：内容已损坏或被修改
verity-tree = { $path } 中的哈希树已损坏

# squashfs
squashfs-none = { $path } 不是 squashfs 4.0 镜像
squashfs-compression = squashfs 镜像 { $path } 未使用 zstd 压缩
squashfs-damaged = squashfs 镜像 { $path } 已损坏（{ $part }）

# 解压
unpack-content = “{ $path }”的内容与清单不符：Golden Image 已损坏或被修改
unpack-contents = 无法取得“{ $path }”的内容
unpack-absent = 清单中没有“{ $path }”
unpack-diverges = Golden Image 中的文件与其清单不一致，从“{ $path }”开始
unpack-occupied = “{ $path }”已经存在：目标必须是新建的文件系统

# 比较
kind-file = 普通文件
kind-directory = 目录
kind-symlink = 符号链接
kind-char-device = 字符设备
kind-block-device = 块设备
kind-fifo = 命名管道
kind-socket = 套接字
drift-missing = 缺失
drift-added = 多余（{ $kind }）
drift-kind = 应为{ $expected }，实际为{ $actual }
drift-content = 内容已被修改
drift-size = 应为 { $expected } 字节，实际为 { $actual } 字节
drift-mode = 权限应为 { $expected }，实际为 { $actual }
drift-owner = 属主应为 { $expected }，实际为 { $actual }
drift-mtime = 修改时间不同
drift-xattrs = 扩展属性不同：{ $names }
drift-link-target = 应指向“{ $expected }”，实际指向“{ $actual }”
drift-device = 设备号应为 { $expected }，实际为 { $actual }
drift-hard-link = 应是“{ $to }”的另一个名称，实际是独立的文件
drift-links = 应有 { $expected } 个名称，实际有 { $actual } 个
drift-locked = 被锁定，不可修改（chattr +i 或 +a）
drift-mounted-over = 被其他文件系统的挂载遮盖
drift-unreadable = 无法读取：{ $reason }
