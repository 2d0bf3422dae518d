#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace slotway::command {

/// Where the keys of a command begin. https://redis.io/docs/latest/develop/reference/key-specs/
struct BeginIndex {
  int position;
};
struct BeginKeyword {
  std::string keyword;
  int start_from;  ///< negative: searched backwards from the end
};
struct BeginUnknown {};

/// How the keys are found from there on.
struct FindRange {
  int last_key;  ///< relative to the first; negative counts from the end
  int step;
  int limit;  ///< 2: only the first half of what remains; 0 and 1: all of it
};
struct FindKeynum {
  int keynum_index;
  int first_key;
  int step;
};
struct FindUnknown {};

/// One key specification of a command.
struct KeySpec {
  std::variant<BeginIndex, BeginKeyword, BeginUnknown> begin;
  std::variant<FindRange, FindKeynum, FindUnknown> find;
  bool writes = false;      ///< RW, OW or RM: the keys are changed
  bool not_key = false;     ///< routes like a key but is none (a shard channel)
  bool incomplete = false;  ///< more keys may exist than this specification names
};

}  // namespace slotway::command
