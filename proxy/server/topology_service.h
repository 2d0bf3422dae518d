#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot_map.h"
#include "command/command_table.h"
#include "net/timer.h"
#include "server/node_probe.h"
#include "upstream/connection.h"

namespace slotway::server {

struct TopologyOptions {
  std::vector<cluster::Endpoint> seeds;
  upstream::Credentials credentials;
  std::chrono::milliseconds interval{};      ///< between refreshes when nothing happens
  std::chrono::milliseconds min_interval{};  ///< between refreshes that something asked for
  std::chrono::milliseconds answer_timeout{};
};

/// Who hears what the topology service finds out. Called on the control loop's thread.
class TopologyObserver {
 public:
  /// A map that differs from the last one; its version has been set.
  virtual void on_map(std::shared_ptr<const cluster::SlotMap> map, std::string_view reason) = 0;
  /// Any answer, new map or not.
  virtual void on_refreshed(std::string_view reason) = 0;
  /// What a node says of itself: the replies of COMMAND and of INFO server. After each change of
  /// the map.
  virtual void on_server_facts(resp::ReplyNode command_reply, std::string_view info) = 0;
  /// A refresh that got no usable answer. `problem` names each node asked and what was wrong.
  virtual void on_refresh_failed(std::string_view reason, const std::string& problem) = 0;

 protected:
  ~TopologyObserver() = default;
};

/// Keeps the slot map true: asks several nodes who serves which slot, at intervals and whenever
/// something hints at a change, and publishes the newest answer that makes sense.
///
/// Of several answers the one with the greatest epoch counts, so a node that has been cut off
/// cannot take the map back in time. An answer that cannot be true is reported and the last good
/// map stays.
class TopologyService {
 public:
  TopologyService(net::Loop& loop, TopologyOptions options, upstream::Connector& connector,
                  TopologyObserver& observer);

  void start();
  /// Asks for a refresh; at most one per min_interval is made.
  void request(std::string_view reason);
  void stop();
  /// True once nothing of it is left on the loop but its timers.
  [[nodiscard]] bool stopped();

 private:
  struct Answer {
    cluster::SlotMap map;
    std::uint64_t epoch;
    cluster::Endpoint from;
  };

  /// Nodes asked at a time.
  static constexpr std::size_t kNodesAsked = 3;
  /// After so many refreshes in a row whose answers were all older, the older epoch is believed:
  /// the cluster has been made anew.
  static constexpr unsigned kOlderAnswersBelieved = 3;

  void refresh();
  [[nodiscard]] std::vector<cluster::Endpoint> choose_nodes();
  void on_probe_done(NodeProbe& probe, NodeProbe::Result result);
  [[nodiscard]] std::expected<Answer, std::string> read_answer(
      const cluster::Endpoint& from, const std::vector<resp::ReplyTree>& replies) const;
  void conclude();
  void publish(Answer answer);
  void schedule(std::chrono::milliseconds delay);
  void drop_finished_probes();

  const TopologyOptions options_;
  upstream::Connector& connector_;
  TopologyObserver& observer_;
  net::Timer next_refresh_;
  net::Timer answer_timer_;
  std::vector<std::unique_ptr<NodeProbe>> probes_;
  std::vector<Answer> answers_;
  std::string problems_;
  std::size_t awaited_ = 0;
  std::string reason_ = "start";
  std::uint64_t last_refresh_ns_ = 0;
  bool requested_ = false;            // a refresh is scheduled because something asked for it
  bool requested_meanwhile_ = false;  // asked for while one was under way
  bool stopping_ = false;
  bool facts_known_ = false;
  std::shared_ptr<const cluster::SlotMap> map_;
  std::uint64_t version_ = 0;
  std::uint64_t epoch_ = 0;
  unsigned older_answers_ = 0;
  std::size_t next_seed_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace slotway::server
