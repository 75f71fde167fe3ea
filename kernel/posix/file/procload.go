package file

import (
	"bytes"
	"math"
	"sync"
	"syscall"

	"yolk/kernel/abi"
)

// load is what /proc/loadavg says: how many processors the program kept busy, as decaying
// means over 1, 5 and 15 minutes. They are brought up to date when somebody reads them, by
// what was used since: for a constant load the same as Linux's, which looks every five seconds.
var load struct {
	sync.Mutex
	used, up int64 // hundredths, when they were read last
	means    [3]float64
}

func procLoad() (b []byte) {
	u := usageNow()
	load.Lock()
	defer load.Unlock()
	if since := u.up - load.up; since > 0 {
		busy := float64(u.used-load.used) / float64(since)
		for i, minutes := range [...]float64{1, 5, 15} {
			kept := math.Exp(-float64(since) / (minutes * 6000))
			load.means[i] = load.means[i]*kept + busy*(1-kept)
		}
		load.used, load.up = u.used, u.up
	}
	for _, m := range load.means {
		b = append(hundredths(b, int64(m*100)), ' ')
	}
	b = append(append(b, "1/"...), decimal(u.threads)...)
	return append(append(append(b, ' '), decimal(int64(syscall.Getpid()))...), '\n')
}

// procStatm has pages: of what is mapped, of all memory in use, which is resident, and
// nothing that is shared.
func procStatm() []byte {
	pages := usageNow().resident / 4096
	return append(numbers(nil, mapped()/4096, pages, 0, 0, 0, pages, 0), '\n')
}

// procVMStat has what there is of its counters: nothing is swapped.
func procVMStat() []byte {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	b := numbers([]byte("nr_free_pages "), int64(si.Freeram)/4096)
	b = numbers(append(b, "\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault "...), usageNow().faults)
	return append(b, "\npgmajfault 0\noom_kill 0\n"...)
}

// procCPUInfo has how many processors there are, each a core of one package, and on amd64
// what they say of themselves.
func procCPUInfo() (b []byte) {
	n := usageNow().processors
	var p abi.Processor
	for i := int64(0); processor(uint64(i), &p); i++ {
		b = numbers(append(b, "processor\t: "...), i)
		if p.Kind != 0 {
			family, model, stepping := kindOf(p.Kind)
			b = append(append(b, "\nvendor_id\t: "...), beforeZero(p.Vendor[:])...)
			b = numbers(append(b, "\ncpu family\t: "...), family)
			b = numbers(append(b, "\nmodel\t\t: "...), model)
			b = append(append(b, "\nmodel name\t: "...), beforeZero(p.Brand[:])...)
			b = numbers(append(b, "\nstepping\t: "...), stepping)
		} else {
			var machine syscall.Utsname
			syscall.Uname(&machine)
			b = append(b, "\nmodel name\t: "...)
			for _, c := range machine.Machine {
				if c != 0 {
					b = append(b, byte(c))
				}
			}
		}
		b = numbers(append(b, "\nphysical id\t: 0\nsiblings\t: "...), n)
		b = numbers(append(b, "\ncore id\t\t: "...), i)
		b = append(numbers(append(b, "\ncpu cores\t: "...), n), "\n\n"...)
	}
	return b
}

// kindOf takes EAX of CPUID's leaf 1 apart (SDM 2A, CPUID, "Version Information").
func kindOf(eax uint64) (family, model, stepping int64) {
	family, model, stepping = int64(eax>>8&0xf), int64(eax>>4&0xf), int64(eax&0xf)
	if family == 6 || family == 15 {
		model |= int64(eax >> 16 & 0xf << 4)
	}
	if family == 15 {
		family += int64(eax >> 20 & 0xff)
	}
	return family, model, stepping
}

// beforeZero is what is before the first zero, without spaces around.
func beforeZero(b []byte) []byte {
	b, _, _ = bytes.Cut(b, []byte{0})
	return bytes.TrimSpace(b)
}

func processorRange() []byte {
	b := []byte("0")
	if n := usageNow().processors; n > 1 {
		b = numbers(append(b, '-'), n-1)
	}
	return append(b, '\n')
}

// machineID is a random one (machine-id(5)): a machine without a disk is new each time.
func machineID() []byte {
	var raw [16]byte
	if _, e := random(raw[:]); e != 0 {
		return nil
	}
	b := make([]byte, 0, 33)
	for _, c := range raw {
		b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return append(b, '\n')
}

// The names that most programs look up, in place of the long lists of a distribution.
const (
	services = "ftp\t21/tcp\nssh\t22/tcp\ntelnet\t23/tcp\nsmtp\t25/tcp\ndomain\t53/tcp\ndomain\t53/udp\nbootps\t67/udp\nbootpc\t68/udp\n" +
		"tftp\t69/udp\nhttp\t80/tcp\npop3\t110/tcp\nntp\t123/udp\nimap2\t143/tcp\timap\nsnmp\t161/udp\nldap\t389/tcp\n" +
		"https\t443/tcp\nhttps\t443/udp\nsubmissions\t465/tcp\nsyslog\t514/udp\nsubmission\t587/tcp\nldaps\t636/tcp\nimaps\t993/tcp\npop3s\t995/tcp\n"
	protocols = "ip\t0\tIP\nicmp\t1\tICMP\nigmp\t2\tIGMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6\t41\tIPv6\nipv6-icmp\t58\tIPv6-ICMP\nsctp\t132\tSCTP\n"
	mimeTypes = "application/gzip gz\napplication/json json\napplication/pdf pdf\napplication/wasm wasm\napplication/zip zip\nfont/woff2 woff2\n" +
		"image/gif gif\nimage/jpeg jpeg jpg\nimage/png png\nimage/svg+xml svg\nimage/webp webp\nimage/x-icon ico\ntext/css css\ntext/csv csv\n" +
		"text/html html htm\ntext/javascript js mjs\ntext/markdown md\ntext/plain txt\ntext/xml xml\nvideo/mp4 mp4\nvideo/webm webm\n"
)
