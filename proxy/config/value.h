#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/config_error.h"

namespace slotway::config {

/// What a source (YAML, environment, command line) gives for one setting, before it has a type.
/// A YAML null is the empty text: a key with nothing behind it means the same as `key: ""`.
struct Value {
  enum class Kind : std::uint8_t { text, list, map };

  Kind kind = Kind::text;
  std::string text;          ///< of Kind::text
  std::vector<Value> items;  ///< of Kind::list; an item that is itself a list or map has no items
  Origin origin;

  static Value of_text(std::string text, Origin origin) {
    return {Kind::text, std::move(text), {}, std::move(origin)};
  }
  static Value of_list(std::vector<Value> items, Origin origin) {
    return {Kind::list, {}, std::move(items), std::move(origin)};
  }
};

}  // namespace slotway::config
