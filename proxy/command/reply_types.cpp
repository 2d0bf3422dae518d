#include "command/reply_types.h"

#include "command/vocabulary.h"

namespace slotway::command {

namespace {

constexpr ReplyTypes mask(ReplyType type) noexcept { return static_cast<ReplyTypes>(type); }

// Named after what the documentation calls the replies. A null is a bulk string or an array in
// RESP2, and a type of its own in RESP3.
constexpr ReplyTypes kStatus = mask(ReplyType::simple_string);
constexpr ReplyTypes kInteger = mask(ReplyType::integer);
constexpr ReplyTypes kString = mask(ReplyType::bulk_string);
constexpr ReplyTypes kArray = mask(ReplyType::array);
constexpr ReplyTypes kMap = kArray | mask(ReplyType::map);
constexpr ReplyTypes kDouble = kString | mask(ReplyType::number);
constexpr ReplyTypes kNullString = kString | mask(ReplyType::null);
constexpr ReplyTypes kNullArray = kArray | mask(ReplyType::null);
constexpr ReplyTypes kNull = kNullString | kNullArray;

struct Row {
  ReplyTypes types;
  std::string_view names;  ///< separated by single spaces
};

constexpr Row kRows[] = {
    {kStatus,
     "acl|load acl|save acl|setuser asking auth bgrewriteaof bgsave client|caching "
     "client|capa client|import-source client|no-evict client|no-touch client|pause client|setinfo "
     "client|setname client|tracking client|unpause cluster|addslots cluster|addslotsrange "
     "cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslot cluster|flushslots "
     "cluster|forget cluster|meet cluster|migrateslots cluster|replicate cluster|reset "
     "cluster|saveconfig cluster|set-config-epoch cluster|setslot commandlog|reset "
     "config|resetstat config|rewrite config|set debug|object discard failover flushall flushdb "
     "function|delete function|flush function|kill function|restore hmset lset ltrim memory|purge "
     "module|load module|loadex module|unload mset multi pfmerge psetex quit readonly readwrite "
     "rename replicaof reset restore save script|flush script|kill select setex slaveof "
     "slowlog|reset swapdb type unwatch watch xcfgset xgroup|create xgroup|setid xsetid"},
    {kInteger,
     "acl|deluser append bitcount bitop bitpos client|getredir client|id client|unblock "
     "cluster|count-failure-reports cluster|countkeysinslot cluster|keyslot command|count copy "
     "commandlog|len dbsize decr decrby del delex delifeq exists expire expireat expiretime geoadd "
     "geosearchstore getbit hdel hexists hincrby hlen hset hsetex hsetnx hstrlen incr incrby "
     "lastsave latency|reset linsert llen lpush lpushx lrem move msetex msetnx persist pexpire "
     "pexpireat pexpiretime pfadd pfcount pttl publish pubsub|numpat renamenx rpush rpushx sadd "
     "scard sdiffcard sdiffstore setbit setnx setrange sintercard sinterstore sismember "
     "slowlog|len smove spublish srem strlen sunioncard sunionstore touch ttl unlink wait xack "
     "xdel xgroup|createconsumer xgroup|delconsumer xgroup|destroy xlen xnack xtrim zcard zcount "
     "zdiffstore zinterstore zintercard zlexcount zrangestore zrem zremrangebylex "
     "zremrangebyrank zremrangebyscore zunionstore"},
    {kString,
     "acl|genpass acl|whoami client|info client|list cluster|info cluster|myid cluster|myshardid "
     "cluster|nodes echo function|dump function|load getrange info latency|doctor latency|graph "
     "lolwut memory|doctor memory|malloc-stats script|load script|show substr"},
    {kNullString,
     "client|getname digest dump get getdel getex getset hget lindex lmove object|encoding "
     "randomkey "
     "rpoplpush xadd"},
    {kInteger | kNullString, "object|freq object|idletime object|refcount memory|usage"},
    {kDouble, "hincrbyfloat incrbyfloat zincrby"},
    {kDouble | kNullString, "geodist zscore"},
    {kArray,
     "acl|cat acl|help acl|list acl|users bitfield bitfield_ro client|help cluster|getkeysinslot "
     "cluster|help cluster|links cluster|replicas cluster|shards cluster|slaves cluster|slot-stats "
     "cluster|slots clusterscan command command|getkeys command|getkeysandflags command|help "
     "command|info command|list commandlog|get commandlog|help config|help function|help "
     "function|list geohash geopos georadius_ro georadiusbymember_ro geosearch hkeys hmget hscan "
     "hvals increx keys latency|help latency|history latency|latest lrange memory|help mget "
     "module|help module|list object|help pubsub|channels pubsub|help pubsub|shardchannels role "
     "scan script|exists script|help sdiff sinter slowlog|get slowlog|help smembers smismember "
     "sort_ro sscan sunion time waitaof xautoclaim xclaim xgroup|help xinfo|help xpending "
     "xrange xrevrange zdiff zinter zmscore zpopmax zpopmin zrange zrangebylex zrangebyscore "
     "zrevrange zrevrangebylex zrevrangebyscore zscan zunion"},
    {kNullArray, "blmpop blpop brpop bzmpop bzpopmax bzpopmin lmpop zmpop"},
    // Of newer servers than were at hand to look at the null they choose.
    {kArray | kNull,
     "blmovem hexpire hexpireat hexpiretime hgetdel hgetex hpersist hpexpire hpexpireat "
     "hpexpiretime "
     "hpttl httl lmovem"},
    {kMap,
     "client|trackinginfo command|docs config|get hgetall latency|histogram memory|stats "
     "pubsub|numsub pubsub|shardnumsub xinfo|consumers xinfo|groups xinfo|stream"},
    {kMap | kNull, "acl|getuser"},
    {kMap | kNullArray, "function|stats xread xreadgroup"},
    // An option decides: GET of SET, a count of the pops, INCR of ZADD, STORE, ...
    {kStatus | kNullString, "set"},
    {kNull, "blmove brpoplpush hrandfield lpop rpop spop srandmember zrandmember"},
    {kString | kInteger | kMap, "lcs"},
    {kInteger | kArray, "georadius georadiusbymember sort xackdel xdelex"},
    {kInteger | kDouble | kNullString, "zadd"},
    {kInteger | kNull, "lpos zrank zrevrank"},
    {kStatus | kArray, "acl|log"},
    {kStatus | kString, "acl|dryrun"},
    {kStatus | kInteger, "client|kill cluster|bumpepoch"},
    {kStatus | kString | kArray, "ping"},
};

bool names_contain(std::string_view names, std::string_view name) {
  bool found = false;
  for_each_word(names, [&](std::string_view word) { found = found || word == name; });
  return found;
}

}  // namespace

ReplyTypes reply_types_of(std::string_view command_name) {
  for (const Row& row : kRows) {
    if (names_contain(row.names, command_name)) return row.types;
  }
  return kAnyReply;
}

}  // namespace slotway::command
