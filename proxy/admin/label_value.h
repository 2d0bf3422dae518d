#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slotway::admin {

/// Longest label value in bytes. Names come from a server's replies; nothing there bounds them.
inline constexpr std::size_t kMaxLabelBytes = 128;

/// `raw` as it may stand in a label: printable UTF-8 as it is, each control byte and each byte of
/// broken UTF-8 as the text \xNN, cut at kMaxLabelBytes. Prometheus drops a whole scrape for one
/// invalid byte. Quotes and backslashes stay: the serializer escapes those.
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
[[nodiscard]] std::string label_value(std::string_view raw);

}  // namespace slotway::admin
