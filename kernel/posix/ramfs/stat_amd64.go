package ramfs

import "syscall"

func setNlink(st *syscall.Stat_t, n uint32) { st.Nlink = uint64(n) }
