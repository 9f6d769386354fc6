unknown-language = The language “{ $tag }” is not known. zshield speaks zh (Chinese) and en (English).
