#pragma once

namespace deepcache_gen {

/// True where `fd` is a terminal on which a line can be drawn again (not TERM=dumb).
bool can_redraw_lines(int fd);

/// The terminal's width now; 80 where it is not known.
int terminal_columns(int fd);

}  // namespace deepcache_gen
