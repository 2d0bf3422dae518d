#pragma once

#include <span>

#include "server/handler.h"

namespace slotway::server {

// The commands Slotway has code of its own for, a file for each family. HandlerTable binds them all.
[[nodiscard]] std::span<const HandlerBinding> connection_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_list_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> client_pause_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> identity_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> monitor_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> scan_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> server_handlers() noexcept;
[[nodiscard]] std::span<const HandlerBinding> whole_cluster_handlers() noexcept;

}  // namespace slotway::server
