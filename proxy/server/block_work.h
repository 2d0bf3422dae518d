#pragma once

#include <string>
#include <string_view>

#include "server/work.h"

namespace slotway::server {

/// A work whose part is several commands in one piece (Part::replies): MULTI, commands, EXEC. The
/// node runs all of them or none, so the piece is redirected and sent again as a whole, when the
/// last reply has come.
class BlockWork : public Work {
 public:
  /// The error that kept the piece from being run, by which it is decided whether it is sent again;
  /// the text of the last reply itself if that says it all.
  [[nodiscard]] virtual std::string cause_of(std::string_view last_error) const = 0;
  /// True if a reply so far means that nothing will be run.
  [[nodiscard]] virtual bool has_failed_early() const noexcept = 0;
  /// The piece is sent again: forgets all replies.
  virtual void begin_again() = 0;
  /// True if this can be the last reply.
  [[nodiscard]] virtual bool accepts(const resp::ReplyFrame& last_reply) const noexcept = 0;
};

}  // namespace slotway::server
