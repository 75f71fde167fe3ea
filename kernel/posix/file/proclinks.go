package file

import (
	"strconv"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// Links, descriptors and processors in /proc/self and /sys, and files that have nothing to
// list on a machine without disks and modules (proc(5), sysfs(5)). Full brings them in.

func plantLinks(fs *ramfs.FS) {
	name := func(i func() *ramfs.Inode) func() []byte {
		return func() []byte { return []byte(fs.Name(i())) }
	}
	fs.Magic("proc/self/cwd", name(cwd.Load), cwd.Load)
	fs.Magic("proc/self/root", name(fs.Root), fs.Root)
	if self, e := fs.Lookup(fs.Root(), "proc/self", true); e == 0 {
		fs.Symlink("../net", self, "net") // one network, whoever looks
	}
	plantListing(fs, "proc/self/fdinfo", &Listing{descriptorNames, descriptorInfo})
	plantListing(fs, "sys/devices/system/cpu", processors())
	fs.MkdirAll("proc/net")
	fs.Generated("proc/net/unix", procUnix)
	fs.Generated("proc/diskstats", constant(""))
	fs.Generated("proc/modules", constant(""))
	fs.Generated("proc/partitions", constant("major minor  #blocks  name\n\n"))
}

// descriptorNames are the descriptors there are.
func descriptorNames() (names []string) {
	for k := 0; ; k++ {
		name, at := procFD{}.Entry(k)
		if name == "" {
			return names
		}
		names, k = append(names, name), at
	}
}

// descriptorInfo is /proc/self/fdinfo/N: offset and flags.
func descriptorInfo(name string) (func() []byte, *Listing) {
	fd, ok := number(name)
	if s := at(uintptr(fd)); !ok || s == nil || s.d.Load() == nil {
		return nil, nil
	}
	return func() []byte {
		d := get(uintptr(fd))
		if d == nil {
			return nil // it was closed
		}
		defer d.put()
		offset, _ := sysSeek(uintptr(fd), 0, 1) // 0 of what has none
		b := append(numbers([]byte("pos:\t"), int64(offset)), "\nflags:\t0"...)
		b = strconv.AppendUint(b, uint64(d.flags.Load()), 8)
		return append(b, "\nmnt_id:\t1\n"...) // as mountinfo has it
	}, nil
}

// A named is an entry of a folder that has the same all the time: a file or a folder.
type named struct {
	name   string
	text   func() []byte
	folder *Listing
}

// listNamed lists entries in their order, which must not change from one call to the next.
func listNamed(entries ...named) *Listing {
	return &Listing{func() (names []string) {
		for _, e := range entries {
			names = append(names, e.name)
		}
		return names
	}, func(name string) (func() []byte, *Listing) {
		for _, e := range entries {
			if e.name == name {
				return e.text, e.folder
			}
		}
		return nil, nil
	}}
}

// processors lists what there is of all processors, which are all there and used, and a
// folder of each.
func processors() *Listing {
	none, all := constant("\n"), processorRange
	entries := []named{
		{name: "isolated", text: none}, {name: "offline", text: none},
		{name: "online", text: all}, {name: "possible", text: all}, {name: "present", text: all},
		{name: "kernel_max", text: func() []byte { return append(decimal(abi.MaxCPUs-1), '\n') }},
	}
	for i := range usageNow().processors {
		number := string(decimal(i))
		own := constant(number + "\n")
		entries = append(entries, named{name: "cpu" + number, folder: listNamed(named{name: "topology", folder: listNamed(
			named{name: "core_cpus_list", text: own}, named{name: "core_id", text: own}, named{name: "thread_siblings_list", text: own},
			named{name: "core_siblings_list", text: all}, named{name: "package_cpus_list", text: all},
			named{name: "physical_package_id", text: constant("0\n")},
		)})})
	}
	return listNamed(entries...)
}

// mapped is how much address space the program has, in bytes: VmSize.
func mapped() (n int64) {
	var r abi.Region
	for regionAfter(r.End, &r) {
		n += int64(r.End - r.Start)
	}
	return n
}
