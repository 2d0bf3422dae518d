#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/handler.h"
#include "server/tracking_links.h"
#include "server/tracking_table.h"
#include "session/client_session.h"

namespace slotway::server {

class ClientTracking;

/// An invalidation that travels to another worker or waits: it owns its keys.
struct OwnedInvalidation {
  bool all = false;
  std::vector<std::string> keys{};
};

/// CLIENT TRACKING as one worker sees it: which of its clients track keys, which keys they may have
/// cached, and the links to the nodes that tell when a key has changed.
class TrackingHub final : private TrackingEvents {
 public:
  /// `max_keys` is the limit for all workers; 0: none.
  TrackingHub(const upstream::ConnectionOptions& connection, std::size_t max_keys,
              session::SessionContext& sessions, upstream::Connector& connector,
              DispatcherHost& host);

  // For the handlers
  // ------------------------------------------------------------------------------------

  /// Begins to watch the nodes. False while that is under way: the session is resumed when there is
  /// news.
  [[nodiscard]] bool watch_nodes(session::ClientSession& session);
  /// Not empty: the error for a client that wants to track keys.
  [[nodiscard]] std::string refusal() const { return links_.refusal(); }
  /// This worker's client that others may redirect to; null if it has none with that id.
  [[nodiscard]] session::ClientSession* find_target(std::uint64_t id);

  // For ClientTracking
  // ------------------------------------------------------------------------------------

  void add(ClientTracking& client);
  void remove(ClientTracking& client);
  /// A client may cache the key from now on. If nobody can tell when it changes, the client is told
  /// to forget it at the end of the turn, behind the reply.
  void remember(std::string_view key, ClientTracking& client);
  /// Tells a client, on whatever worker, for another one, which learns of it if that is gone.
  void send_redirected(std::uint64_t target, std::size_t worker, std::uint64_t source,
                       std::shared_ptr<const OwnedInvalidation> invalidation);
  [[nodiscard]] std::vector<std::uint32_t>& scratch_positions() noexcept { return positions_; }
  [[nodiscard]] stats::WorkerStats& stats() noexcept { return sessions_.stats; }

  // For the dispatcher
  // ----------------------------------------------------------------------------------

  void adopt(std::shared_ptr<const cluster::SlotMap> map) { links_.adopt(std::move(map)); }
  void end_turn() {
    if (has_turn_work_) [[unlikely]]
      tell_at_end_of_turn();
  }
  void tick(std::uint64_t now_ns);
  void shut_down() { links_.shut_down(); }
  [[nodiscard]] bool gone() const noexcept { return links_.gone(); }
  void forget(session::ClientSession& session) { std::erase(waiting_, &session); }
  void forget_target(std::uint64_t id) { targets_.erase(id); }

 private:
  void on_changed(const Invalidation& invalidation) override;
  void on_links_settled() override;

  void tell_all_to_forget_everything();
  void tell_clients(const std::vector<std::uint64_t>& clients, std::string_view key);
  void tell_at_end_of_turn();
  [[nodiscard]] ClientTracking* find(std::uint64_t id) noexcept;
  [[nodiscard]] bool deliver_redirected(std::uint64_t target,
                                        const OwnedInvalidation& invalidation);
  void on_redirect_broken(std::uint64_t source);

  session::SessionContext& sessions_;
  DispatcherHost& host_;
  TrackingLinks links_;
  const std::size_t max_keys_;
  TrackingTable table_;
  std::unordered_map<std::uint64_t, ClientTracking*> clients_;  // by id
  std::vector<ClientTracking*> broadcasting_;                   // those in BCAST mode
  std::unordered_map<std::uint64_t, session::ClientSession*> targets_;
  std::vector<session::ClientSession*> waiting_;  // for the links
  /// Keys read from nodes that are not watched, and who has read them.
  std::vector<std::pair<std::string, std::uint64_t>> unwatched_;
  bool has_turn_work_ = false;
  std::vector<std::uint32_t> positions_;  // scratch
};

}  // namespace slotway::server
