#pragma once

#include "server/info_text.h"

namespace slotway::server {

class Dispatcher;

/// Puts what concerns Slotway's clients in the place of what the shards have said of theirs: the
/// process, connections, commands and errors. Sections that are not there are not added; fields
/// only if the servers, being too old, could not have them but Slotway does (slotway_...).
void put_own_info(InfoSections& info, Dispatcher& dispatcher);

}  // namespace slotway::server
