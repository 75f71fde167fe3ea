package file

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"yolk/kernel/abi"
)

// TestMaps: the lines have the form of Linux's, and files have their names.
func TestMaps(t *testing.T) {
	Full()
	defer func(after func(uint64, *abi.Region) bool, parts func() []abi.Region) {
		regionAfter, imageParts = after, parts
	}(regionAfter, imageParts)
	regions := []abi.Region{
		{Start: 0x100000, End: 0x123000, Prot: 5}, {Start: 0x123000, End: 0x130180, Prot: 3}, // the image's, and behind it
		{Start: 0xc000000000, End: 0xc000400000, Prot: 3},
		{Start: 0x7f0000000000, End: 0x7f0000002000, Object: 7, First: 1, Prot: 1, Shared: 1},
		{Start: 0x7f0000002000, End: 0x7f0000003000, Object: 8},
	}
	regionAfter = func(addr uint64, r *abi.Region) bool {
		for _, known := range regions {
			if known.End > addr {
				*r = known
				return true
			}
		}
		return false
	}
	imageParts = func() []abi.Region { return []abi.Region{{Start: 0x100000, End: 0x123000, Prot: 5}} }
	i, e := Tree().Lookup(Tree().Root(), "etc/group", true)
	if e != 0 {
		t.Fatal(e)
	}
	object(7).called(i)
	object(9).called(i) // is not mapped any more
	st := syscall.Stat_t{}
	i.Stat(&st)
	want := "00100000-00123000 r-xp 00000000 00:01 0                                  /app\n" +
		"00123000-00131000 rw-p 00000000 00:00 0 \n" +
		"c000000000-c000400000 rw-p 00000000 00:00 0 \n" +
		"7f0000000000-7f0000002000 r--s 00001000 00:01 " + string(decimal(int64(st.Ino))) + " /etc/group\n" +
		"7f0000002000-7f0000003000 ---p 00000000 00:00 0 \n"
	if got := string(procMaps()); squeeze(got) != squeeze(want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if _, kept := mappedNames.of[9]; kept {
		t.Error("a name is kept that nothing has")
	}
	own, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	column := func(text string) int { // where a name begins
		for line := range strings.Lines(text) {
			if at := strings.IndexByte(line, '/'); at > 0 && strings.HasPrefix(line, "00") {
				return at
			}
		}
		return -1
	}
	if a, b := column(string(own)), column(string(procMaps())); a != b {
		t.Errorf("names begin at %d, Linux's at %d", b, a)
	}
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestTask: each thread has a folder, whose files are as Linux's.
func TestTask(t *testing.T) {
	Full()
	defer func(from func(uint64, *abi.Thread) bool) { threadFrom = from }(threadFrom)
	threads := []abi.Thread{{ID: 1, Running: 1, Used: 25e7, CPU: 3}, {ID: 4, Name: [16]byte{'p', 'o', 'l', 'l'}, Used: 9, Waited: 8, Runs: 7}}
	threadFrom = func(id uint64, info *abi.Thread) bool {
		for _, known := range threads {
			if known.ID >= id {
				*info = known
				return true
			}
		}
		return false
	}
	fd, e := open(t, "/proc/self/task", syscall.O_DIRECTORY, 0)
	if e != 0 {
		t.Fatal(e)
	}
	defer closeFD(fd)
	b := make([]byte, 1000)
	n := must(t, syscall.SYS_GETDENTS64, fd, b, len(b))
	var names []string
	for rest := b[:n]; len(rest) > 0; rest = rest[rest[16]:] {
		name, _, _ := strings.Cut(string(rest[19:rest[16]]), "\x00")
		names = append(names, name)
	}
	if got := strings.Join(names, " "); got != ". .. 1 4" {
		t.Errorf("the folder has %s", got)
	}
	text := func(name string) string {
		fd, e := open(t, name, syscall.O_RDONLY, 0)
		if e != 0 {
			return e.Error()
		}
		defer closeFD(fd)
		n, _ := read(fd, b)
		return string(b[:n])
	}
	if got := text("/proc/self/task/4/comm") + text("/proc/self/task/1/comm") + text("/proc/self/task/1/../4/comm"); got != "poll\napp\npoll\n" {
		t.Errorf("%q", got)
	}
	stat := strings.Fields(text("/proc/self/task/1/stat"))
	if len(stat) != 52 || stat[0] != "1" || stat[1] != "(app)" || stat[2] != "R" || stat[13] != "25" || stat[38] != "3" {
		t.Errorf("%d fields: %q", len(stat), stat)
	}
	if got := text("/proc/self/task/4/status"); !strings.HasPrefix(got, "Name:\tpoll\nState:\tS (sleeping)\nTgid:\t") || !strings.Contains(got, "\nPid:\t4\n") {
		t.Errorf("%q", got)
	}
	if got := text("/proc/self/task/4/schedstat"); got != "9 8 7\n" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"2", "01", "x", "1/none"} {
		if got := text("/proc/self/task/" + name); got != syscall.ENOENT.Error() {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// TestIO: bytes and calls are counted, and the names are Linux's.
func TestIO(t *testing.T) {
	Full()
	before := counted.read.Load()
	writes := counted.writes.Load()
	r, w := pipes(t, 0)
	write(w, []byte("hello"))
	read(r, make([]byte, 3))
	read(r, make([]byte, 3))
	if n, calls := counted.read.Load()-before, counted.writes.Load()-writes; n != 5 || calls != 1 {
		t.Errorf("%d bytes read, %d calls wrote", n, calls)
	}
	want, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	keys := func(text []byte) (all []string) {
		for line := range strings.Lines(string(text)) {
			key, _, _ := strings.Cut(line, " ")
			all = append(all, key)
		}
		return all
	}
	if got, want := keys(procIO()), keys(want); strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("%q, Linux has %q", got, want)
	}
}

// TestHosts: the file has the machine's address until somebody else writes it.
func TestHosts(t *testing.T) {
	Tree()
	text := func() string {
		fd, e := open(t, "/etc/hosts", syscall.O_RDONLY, 0)
		if e != 0 {
			t.Fatal(e)
		}
		defer closeFD(fd)
		b := make([]byte, 1000)
		n, _ := read(fd, b)
		return string(b[:n])
	}
	begin := text()
	defer WriteFile("/etc/hosts", []byte(begin))
	defer func() { ownName.address = "" }()
	name, _ := os.Hostname()
	if want := "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t" + name + "\n"; begin != want {
		t.Errorf("%q, want %q", begin, want)
	}
	NameHost("", "10.0.2.15")
	if got := text(); !strings.HasSuffix(got, "\n10.0.2.15\t"+name+"\n") {
		t.Errorf("%q", got)
	}
	WriteFile("/etc/hosts", []byte("10.1.1.1 mine\n"))
	NameHost("", "10.0.2.16")
	if got := text(); got != "10.1.1.1 mine\n" {
		t.Errorf("%q", got)
	}
}

// TestSettings: each file of /proc/sys is one of Linux's, with as many numbers.
func TestSettings(t *testing.T) {
	Full()
	Random = func(p []byte, _ bool) int { return copy(p, "0123456789abcdef"[:len(p)]) }
	defer func() { Random = randomTrap }()
	seen := 0
	for _, name := range []string{"sys/kernel/random/entropy_avail", "sys/kernel/random/poolsize", "sys/kernel/random/boot_id", "sys/net/ipv4/ip_forward", "sys/net/ipv4/ip_local_port_range",
		"sys/net/ipv6/conf/all/disable_ipv6", "sys/vm/max_map_count", "sys/vm/overcommit_memory", "sys/fs/file-nr", "sys/fs/file-max"} {
		got := content(t, "/proc/"+name)
		if own, err := os.ReadFile("/proc/" + name); err == nil {
			seen++
			if len(strings.Fields(got)) != len(strings.Fields(string(own))) || strings.Count(got, "\n") != 1 {
				t.Errorf("%s: %q, Linux has %q", name, got, own)
			}
		}
	}
	if seen == 0 {
		t.Skip("this Linux shows none")
	}
	if a, b := content(t, "/proc/sys/kernel/random/boot_id"), content(t, "/proc/sys/kernel/random/boot_id"); a != b {
		t.Errorf("two ids of one boot: %q, %q", a, b)
	}
}
