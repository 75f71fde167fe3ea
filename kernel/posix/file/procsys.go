package file

import (
	"sync"

	"yolk/kernel/posix/ramfs"
)

// plantSettings makes the files of /proc/sys that programs read (proc(5), random(4), ip(7)),
// with what holds here; none can be set. Full brings them in.
func plantSettings(fs *ramfs.FS) {
	for _, dir := range [...]string{"sys/vm", "sys/net/ipv4", "sys/net/ipv6/conf/all"} {
		fs.MkdirAll("proc/" + dir)
	}
	for name, text := range map[string]string{
		"sys/kernel/random/entropy_avail":    "256\n", // as RNDGETENTCNT
		"sys/kernel/random/poolsize":         "256\n",
		"sys/net/ipv4/ip_forward":            "0\n",
		"sys/net/ipv4/ip_local_port_range":   "32768\t60999\n", // posix/socket, tune
		"sys/net/ipv6/conf/all/disable_ipv6": "0\n",
		"sys/vm/max_map_count":               "65530\n", // mem, maxRegions
		"sys/vm/overcommit_memory":           "1\n",     // memory is there when it is touched, or not
	} {
		fs.Generated("proc/"+name, constant(text))
	}
	fs.Generated("proc/sys/kernel/random/boot_id", sync.OnceValue(procUUID))
	fs.Generated("proc/sys/fs/file-nr", func() []byte {
		b := append(decimal(described.used.Load()), "\t0\t"...)
		return append(append(b, decimal(mostDescribed())...), '\n')
	})
}
