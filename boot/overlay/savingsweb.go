package overlay

import _ "embed"

// What a server of package net/http does for each request, and need not.

// A server's answer from a file goes out in two segments: the header with the 512 bytes
// that tell the type, and the rest. A short one is sent in one, and under KVM a request
// leaves the guest four times instead of five.
var shortAnswers = &Saving{What: "a second segment for short answers from files", edits: []edit{
	{httpServerFile, "\tif !ok {\n" + copyBody, "\tif !ok || w.contentLength >= 0 && w.contentLength <= bufferBeforeChunkingSize {\n" + copyBody, 1},
}}

const (
	httpServerFile = "net/http/server.go"
	copyBody       = "\t\treturn io.CopyBuffer(writerOnly{w}, src, buf)\n"
)

// Each answer has the date, and to write it is 4 % of what a small one costs. It is the
// same for a second.
var dates = &Saving{What: "a date written for each answer", edits: []edit{
	{httpServerFile, writeDate, "\t\tsetHeader.date = yolkDate(cw.res.dateBuf[:0])\n", 1},
	{httpServerFile, beforeDate, keptDate + beforeDate, 1},
}}

const (
	writeDate  = "\t\tsetHeader.date = time.Now().UTC().AppendFormat(cw.res.dateBuf[:0], TimeFormat)\n"
	beforeDate = "// writeHeader finalizes the header sent to the client"
	keptDate   = `// yolkSecond is a second as TimeFormat has it.
type yolkSecond struct {
	unix int64
	text [len(TimeFormat)]byte
}

var yolkLastDate atomic.Pointer[yolkSecond]

// yolkDate appends the time, as the Date header has it.
func yolkDate(b []byte) []byte {
	now := time.Now()
	s := yolkLastDate.Load()
	if unix := now.Unix(); s == nil || s.unix != unix {
		s = &yolkSecond{unix: unix}
		now.UTC().AppendFormat(s.text[:0], TimeFormat)
		yolkLastDate.Store(s)
	}
	return append(b, s.text[:]...)
}

`
)

// While a handler runs, a goroutine reads from the connection, to cancel the request's
// context should the client go. Most handlers never ask the context whether it is
// cancelled; the goroutine is begun when one does.
var watchers = &Saving{What: "a goroutine for each request, which watches the client", added: []addition{
	{"net/http/watch_yolk.go", watchText},
}, edits: []edit{
	{httpServerFile, "\tremain  int64 // bytes remaining\n", "\tremain  int64 // bytes remaining\n\n\tyolkReady bool // to be read in the background, should somebody watch\n", 1},
	{httpServerFile, "\tcancelCtx        context.CancelFunc // when ServeHTTP exits\n", "\tcancelCtx        context.CancelFunc // when ServeHTTP exits\n\tyolkContext      yolkContext        // the request's\n", 1},
	{httpServerFile, "\treq.ctx = ctx\n", "", 1},
	{httpServerFile, "\tw.cw.res = w\n", "\tw.cw.res = w\n\tw.yolkContext.Context, w.yolkContext.cr = ctx, c.r\n\treq.ctx = &w.yolkContext\n", 1},
	{httpServerFile, "w.conn.r.startBackgroundRead", "w.yolkContext.ready", 2},
	{httpServerFile, "func (cr *connReader) startBackgroundRead() {\n", "func (c *yolkContext) ready() {\n\tcr := c.cr\n", 1},
	{httpServerFile, beginRead, "\tcr.rwc.SetReadDeadline(time.Time{})\n\tcr.yolkReady = true\n\tif c.watched.Load() {\n\t\tcr.yolkRead()\n\t}\n", 1},
	{httpServerFile, abortRead, abortRead + "\tcr.yolkReady = false\n", 1},
	{httpServerFile, closeNotify, closeNotify + "\tw.yolkContext.watch()\n", 1},
}}

//go:embed files/watch_yolk.go.txt
var watchText string

const (
	beginRead   = "\tcr.inRead = true\n\tcr.rwc.SetReadDeadline(time.Time{})\n\tgo cr.backgroundRead()\n"
	abortRead   = "func (cr *connReader) abortPendingRead() {\n\tcr.lock()\n\tdefer cr.unlock()\n"
	closeNotify = "func (w *response) CloseNotify() <-chan bool {\n"
)

// Nearly all bytes of a header's key are letters, and need not be looked for among all
// that may stand there.
var headerKeys = &Saving{What: "a slow look at keys of headers", edits: []edit{
	{headerFile, "\t\tc := s[i]\n", "\t\tc := s[i]\n" + letters, 1},
}}

const (
	headerFile = "net/textproto/reader.go"
	letters    = `		if c|0x20-'a' < 26 {
			if upper == (c >= 'a') {
				s, _ = canonicalMIMEHeaderKey([]byte(s))
				return s
			}
			upper = false
			continue
		}
`
)

// A connection without deadlines is told five times in a request to have none.
var deadlines = &Saving{What: "a lock to take a deadline away that is not there", edits: []edit{
	{pollFile, setDeadline, setDeadline + noDeadline, 1},
}}

const (
	pollFile    = "runtime/netpoll.go"
	setDeadline = "func poll_runtime_pollSetDeadline(pd *pollDesc, d int64, mode int) {\n"
	noDeadline  = "\tif d == 0 && (mode == 'w' || pd.rd == 0) && (mode == 'r' || pd.wd == 0) {\n\t\treturn\n\t}\n"
)

// To go through a map begins at a random place in a random part of it, and asked for two
// random numbers of 64 bits, of which it used the lowest. A request goes through six.
var ranges = &Saving{What: "random bits that nobody looks at", edits: []edit{
	{mapsFile, "\tit.dirOffset = rand()\n", "\tit.dirOffset = it.entryOffset >> 32\n", 1},
}}

const mapsFile = "internal/runtime/maps/table.go"
