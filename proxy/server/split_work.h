#pragma once

#include "routing/reply_merger.h"
#include "session/pending_request.h"

namespace slotway::server {

/// The parts of a request that went to several slots or shards, and what has come back of them.
class SplitWork final : public session::RequestWork {
 public:
  [[nodiscard]] routing::ReplyMerger& merger() noexcept { return merger_; }

 private:
  routing::ReplyMerger merger_;
};

}  // namespace slotway::server
