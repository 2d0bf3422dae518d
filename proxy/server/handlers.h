#pragma once

#include <span>

#include "server/handler.h"

namespace slotway::server {

// The commands Slotway has code of its own for, a file for each family. HandlerTable binds them
// all.
[[nodiscard]] std::span<const HandlerBinding> cluster_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> config_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> connection_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_list_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_pause_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> identity_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> info_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> latency_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> slow_log_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> monitor_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> blocking_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> transaction_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> wait_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> pubsub_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> pubsub_list_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> scan_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> script_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> server_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> tracking_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> whole_cluster_handlers() noexcept;

// What they do if the keys of a request lie in several slots, for commands that one Redis lets read
// them all.
[[nodiscard]] std::span<const HandlerBinding> hyperloglog_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> set_read_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> sorted_set_read_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> stream_read_handlers() noexcept;

}  // namespace slotway::server
