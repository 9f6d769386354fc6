took-seconds = took { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
unknown-language = The language “{ $tag }” is not known. zshield speaks zh (Chinese) and en (English).
