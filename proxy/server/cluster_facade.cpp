#include "server/cluster_facade.h"

#include <fmt/format.h>

#include <charconv>

#include "cluster/slot.h"
#include "resp/reply_writer.h"

namespace slotway::server {

namespace {

constexpr std::int64_t kLastSlot = cluster::kSlotCount - 1;
constexpr std::uint16_t kBusPortOffset = 10'000;  // where a Redis without other orders has its bus
constexpr std::uint16_t kHighestPort = 65'535;

std::uint16_t bus_port(std::uint16_t port) noexcept {
  return port <= kHighestPort - kBusPortOffset ? static_cast<std::uint16_t>(port + kBusPortOffset)
                                               : std::uint16_t{0};
}

std::string_view without_brackets(std::string_view host) noexcept {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

FacadeNode facade_node(const config::Settings& settings, std::string_view local_address,
                       bool is_unix, std::uint16_t tcp_port, std::string_view id) {
  FacadeNode node{.host = "127.0.0.1", .port = tcp_port, .id = std::string(id)};
  if (const std::size_t colon = local_address.rfind(':');
      !is_unix && colon != std::string_view::npos) {
    node.host = without_brackets(local_address.substr(0, colon));
    std::from_chars(local_address.data() + colon + 1, local_address.data() + local_address.size(),
                    node.port);
  }
  if (!settings.cluster_announce_ip.empty()) node.host = settings.cluster_announce_ip;
  if (settings.cluster_announce_port != 0) {
    node.port = static_cast<std::uint16_t>(settings.cluster_announce_port);
  }
  return node;
}

std::string facade_slots(const FacadeNode& node, int protocol) {
  resp::ReplyWriter reply(protocol);
  reply.array(1).array(3).integer(0).integer(kLastSlot);
  reply.array(4).bulk(node.host).integer(node.port).bulk(node.id).map(0);
  return reply.take();
}

std::string facade_shards(const FacadeNode& node, int protocol) {
  resp::ReplyWriter reply(protocol);
  reply.array(1).map(2);
  reply.bulk("slots").array(2).integer(0).integer(kLastSlot);
  reply.bulk("nodes").array(1).map(7);
  reply.bulk("id").bulk(node.id);
  reply.bulk("port").integer(node.port);
  reply.bulk("ip").bulk(node.host);
  reply.bulk("endpoint").bulk(node.host);
  reply.bulk("role").bulk("master");
  reply.bulk("replication-offset").integer(0);
  reply.bulk("health").bulk("online");
  return reply.take();
}

std::string facade_nodes(const FacadeNode& node, int protocol) {
  return resp::ReplyWriter(protocol)
      .verbatim(fmt::format("{} {}:{}@{} myself,master - 0 0 1 connected 0-{}\n", node.id,
                            node.host, node.port, bus_port(node.port), kLastSlot))
      .take();
}

std::string facade_info(std::size_t covered_slots, int protocol) {
  return resp::ReplyWriter(protocol)
      .verbatim(fmt::format("cluster_state:{}\r\n"
                            "cluster_slots_assigned:{}\r\n"
                            "cluster_slots_ok:{}\r\n"
                            "cluster_slots_pfail:0\r\n"
                            "cluster_slots_fail:0\r\n"
                            "cluster_known_nodes:1\r\n"
                            "cluster_size:1\r\n"
                            "cluster_current_epoch:1\r\n"
                            "cluster_my_epoch:1\r\n"
                            "cluster_stats_messages_sent:0\r\n"
                            "cluster_stats_messages_received:0\r\n"
                            "total_cluster_links_buffer_limit_exceeded:0\r\n",
                            covered_slots == cluster::kSlotCount ? "ok" : "fail", covered_slots,
                            covered_slots))
      .take();
}

}  // namespace slotway::server
