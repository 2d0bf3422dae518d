#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::routing {

/// How a server writes a score (addReplyDouble).
enum class ScoreStyle : std::uint8_t {
  digits17,  ///< "%.17g": until Redis 7.0
  shortest,  ///< the fewest digits that mean the same number: since Redis 7.2, and Valkey
};

/// `server_version` as INFO has it ("7.0.15"); an empty one is taken for 7.0.
[[nodiscard]] ScoreStyle score_style_of(std::string_view server_version) noexcept;

/// REQUIRES: score is a number.
[[nodiscard]] std::string score_text(double score, ScoreStyle style);

/// A score as a server writes or a client spells it ("1.5", "-inf", "0x1p3"), as strict as Redis'
/// string2d. False if it is none.
[[nodiscard]] bool parse_score(std::string_view text, double& score);

}  // namespace slotway::routing
