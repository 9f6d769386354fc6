unknown-language = 不支持语言“{ $tag }”。zshield 支持 zh（中文）和 en（英文）。
