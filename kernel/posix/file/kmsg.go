package file

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// The machine's log, /dev/kmsg, as Linux's Documentation/ABI/testing/dev-kmsg has it: a
// write is a record, which appears on the console too, and a read takes one. Full brings it
// in. What is said in kernel context, where nothing allocates, is on the console alone.

// Levels and facilities of records (syslog(3)).
const (
	facilityUser = 1 // 0 is the kernel's
	levelWarning = 4 // of what says none
	levelDebug   = 7 // is not on the console
)

const (
	mostLogged    = 64 << 10 // bytes of text; the oldest records go
	longestLogged = 992      // of a line that is written (LOG_LINE_MAX)
)

// machineLog is what has been logged.
var machineLog struct {
	sync.Mutex
	records []logRecord
	first   uint64 // the number of records[0]
	bytes   int
	readers []*logFile
}

type logRecord struct {
	priority int // facility<<3 | level
	time     int64
	text     string
}

// keepLine is nil before Full.
var keepLine atomic.Pointer[func(priority int, text string)]

// LogLine adds a record of the kernel's, which is on the console already, with a level of
// syslog(3). Any goroutine may call it.
func LogLine(level int, text string) {
	if keep := keepLine.Load(); keep != nil {
		(*keep)(level, text)
	}
}

// logLine adds a record.
func logLine(priority int, text string) {
	l := &machineLog
	l.Lock()
	defer l.Unlock()
	l.records = append(l.records, logRecord{priority, clockNow(clockMonotonic), text})
	for l.bytes += len(text); l.bytes > mostLogged; l.first++ {
		l.bytes -= len(l.records[0].text)
		l.records[0] = logRecord{}
		l.records = l.records[1:]
	}
	for _, f := range l.readers {
		f.Post(ModeRead)
	}
}

// A logFile is /dev/kmsg, opened.
type logFile struct {
	Pollable
	inode *ramfs.Inode
	next  uint64 // the number of the record that is read next; machineLog guards it
}

func newLogFile(i *ramfs.Inode) File {
	l := &machineLog
	l.Lock()
	defer l.Unlock()
	f := &logFile{inode: i, next: l.first}
	l.readers = append(l.readers, f)
	return f
}

func (f *logFile) node() *ramfs.Inode { return f.inode }

func (f *logFile) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

// Read takes one record, which must fit: "priority,number,time in us,-;text". EPIPE says
// that some have gone before they were read; the next read has the oldest that is left.
func (f *logFile) Read(p []byte) (int, syscall.Errno) {
	l := &machineLog
	l.Lock()
	defer l.Unlock()
	if f.next < l.first {
		f.next = l.first
		return 0, syscall.EPIPE
	}
	at := f.next - l.first
	if at >= uint64(len(l.records)) {
		return 0, syscall.EAGAIN
	}
	r := &l.records[at]
	b := numbers(nil, int64(r.priority))
	for _, n := range [...]int64{int64(f.next), r.time / 1000} {
		b = append(append(b, ','), decimal(n)...)
	}
	b = append(b, ",-;"...)
	for _, c := range []byte(r.text) {
		if c < ' ' || c > '~' || c == '\\' {
			b = hexadecimal(append(b, '\\', 'x'), uint64(c), 2)
		} else {
			b = append(b, c)
		}
	}
	if b = append(b, '\n'); len(b) > len(p) {
		return 0, syscall.EINVAL
	}
	f.next++
	return copy(p, b), 0
}

// Write adds a record, of the level and facility that stand before it: "<12>text". The
// kernel's facility is not for programs.
func (f *logFile) Write(p []byte) (int, syscall.Errno) {
	if len(p) > longestLogged {
		return 0, syscall.EINVAL
	}
	priority, text := logPriority(string(p))
	if n := len(text); n > 0 && text[n-1] == '\n' {
		text = text[:n-1]
	}
	logLine(priority, text)
	if priority&7 < levelDebug {
		console.Write([]byte(text + "\n"))
	}
	return len(p), 0
}

// logPriority takes the priority off a line.
func logPriority(line string) (priority int, text string) {
	priority = facilityUser<<3 | levelWarning
	if len(line) == 0 || line[0] != '<' {
		return priority, line
	}
	n, i := 0, 1
	for ; i < len(line) && '0' <= line[i] && line[i] <= '9' && n < 1<<16; i++ {
		n = n*10 + int(line[i]-'0')
	}
	if i == len(line) || line[i] != '>' {
		return priority, line
	}
	if n>>3 == 0 {
		n |= facilityUser << 3
	}
	return n, line[i+1:]
}

// seek goes to the first record, or behind the last; nothing is ever cleared, where
// SEEK_DATA would go.
func (f *logFile) seek(offset int64, whence int) (int64, syscall.Errno) {
	l := &machineLog
	l.Lock()
	defer l.Unlock()
	switch {
	case offset != 0:
		return 0, syscall.ESPIPE
	case whence == 0 || whence == seekData:
		f.next = l.first
	case whence == 2:
		f.next = l.first + uint64(len(l.records))
	default:
		return 0, syscall.EINVAL
	}
	return 0, 0
}

func (f *logFile) Poll() uint32 {
	l := &machineLog
	l.Lock()
	defer l.Unlock()
	switch {
	case f.next < l.first:
		return PollIn | PollOut | PollErr
	case f.next < l.first+uint64(len(l.records)):
		return PollIn | PollOut
	}
	return PollOut
}

func (f *logFile) Close() syscall.Errno {
	l := &machineLog
	l.Lock()
	l.readers = slices.DeleteFunc(l.readers, func(r *logFile) bool { return r == f })
	l.Unlock()
	f.inode.Close()
	return 0
}
