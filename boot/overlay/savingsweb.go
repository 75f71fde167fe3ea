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
// cancelled; the goroutine is begun, and the context made, when one does.
var watchers = &Saving{What: "a goroutine and a context for each request, which watch the client", added: []addition{
	{"net/http/watch_yolk.go", watchText},
}, edits: []edit{
	{httpServerFile, "\tremain  int64 // bytes remaining\n", "\tremain  int64 // bytes remaining\n\n\tyolkReady bool // to be read in the background, should somebody watch\n", 1},
	{httpServerFile, "\tcancelCtx        context.CancelFunc // when ServeHTTP exits\n", "\tyolkContext      yolkContext // the request's\n", 1},
	{httpServerFile, "\tctx, cancelCtx := context.WithCancel(ctx)\n\treq.ctx = ctx\n", "", 1},
	{httpServerFile, "\t\tcancelCtx:     cancelCtx,\n", "", 1},
	{httpServerFile, "\tw.cw.res = w\n", "\tw.cw.res = w\n\tw.yolkContext.Context, w.yolkContext.cr = ctx, c.r\n\treq.ctx = &w.yolkContext\n", 1},
	{httpServerFile, "\t\tw.cancelCtx()\n", "\t\tw.yolkContext.end()\n", 1},
	{httpServerFile, "inFlightResponse.cancelCtx()", "inFlightResponse.yolkContext.end()", 1},
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

// Since when a connection is in a state is asked of new ones only, and when a request came
// only where it has a deadline: three looks at the clock.
var instants = &Saving{What: "looks at the clock for times that nobody wants to know", edits: []edit{
	{httpServerFile, "\tpackedState := uint64(time.Now().Unix()<<8) | uint64(state)\n",
		"\tpackedState := c.curState.Load()&^0xff | uint64(state)\n\tif state == StateNew {\n\t\tpackedState = uint64(time.Now().Unix()<<8) | uint64(state)\n\t}\n", 1},
	{httpServerFile, "\tt0 := time.Now()\n", "\tvar t0 time.Time\n\tif c.server.ReadTimeout > 0 {\n\t\tt0 = time.Now()\n\t}\n", 1},
}}

// What stands in an answer's header was gone through byte by byte for line breaks, and each
// line was written in four pieces.
var headerLines = &Saving{What: "lines of a header in pieces", added: []addition{
	{"net/http/lines_yolk.go", linesText},
}, edits: []edit{
	{headersFile, "\t\t\tv = headerNewlineToSpace.Replace(v)\n", "\t\t\tif strings.IndexByte(v, '\\n') >= 0 || strings.IndexByte(v, '\\r') >= 0 {\n\t\t\t\tv = headerNewlineToSpace.Replace(v)\n\t\t\t}\n", 1},
	{headersFile, writePieces, "\t\t\tif trace == nil && yolkLine(w, kv.key, v) {\n\t\t\t\tcontinue\n\t\t\t}\n" + writePieces, 1},
}}

//go:embed files/lines_yolk.go.txt
var linesText string

const (
	headersFile = "net/http/header.go"
	writePieces = "\t\t\tfor _, s := range []string{kv.key, "
)

// Keys of headers that nearly all requests and answers have are what they should be, and
// need not be looked at byte by byte, nor looked for in a map.
var headerKeys = &Saving{What: "a slow look at keys of headers", added: []addition{
	{"net/textproto/keys_yolk.go", keysText},
}, edits: []edit{
	{headerFile, quickCheck, "\tif k := yolkKey(s); k != \"\" {\n\t\treturn k\n\t}\n" + quickCheck, 1},
	{headerFile, canonicalKey, canonicalKey + "\tif k := yolkKey(yolkString(a)); k != \"\" {\n\t\treturn k, true\n\t}\n", 1},
}}

//go:embed files/keys_yolk.go.txt
var keysText string

const (
	headerFile   = "net/textproto/reader.go"
	quickCheck   = "\t// Quick check for canonical encoding.\n"
	canonicalKey = "func canonicalMIMEHeaderKey(a []byte) (_ string, ok bool) {\n"
)

// A connection without deadlines is told five times in a request to have none.
var deadlines = &Saving{What: "locks to take a deadline away that is not there", added: []addition{
	{"internal/poll/deadline_yolk.go", deadlineText},
}, edits: []edit{
	{pollFile, setDeadline, noDeadline + setDeadline, 1},
	{deadlineFile, forgetDeadline, forgetDeadline + "\tif t.IsZero() && fd.yolkNoDeadline(mode) {\n\t\treturn nil\n\t}\n", 1},
}}

//go:embed files/deadline_yolk.go.txt
var deadlineText string

const (
	pollFile       = "runtime/netpoll.go"
	deadlineFile   = "internal/poll/fd_poll_runtime.go"
	setDeadline    = "//go:linkname poll_runtime_pollSetDeadline internal/poll.runtime_pollSetDeadline\n"
	forgetDeadline = "func setDeadlineImpl(fd *FD, t time.Time, mode int) error {\n"
	noDeadline     = `//go:linkname poll_runtime_yolkNoDeadline internal/poll.runtime_yolkNoDeadline
func poll_runtime_yolkNoDeadline(pd *pollDesc, mode int) bool {
	return (mode == 'w' || pd.rd == 0) && (mode == 'r' || pd.wd == 0)
}

`
)

// Of what a map of up to eight keys has at its eight places seven bits each are compared at
// once: most that are looked for in a request are not there.
var shortMaps = &Saving{What: "a look at each place of a small map", edits: []edit{
	{shortMapsFile, allPlaces, allPlaces + "\tif ctrls.matchH2(uintptr(h2)) == 0 {\n\t\treturn nil\n\t}\n", 1},
}}

const (
	shortMapsFile = "internal/runtime/maps/runtime_faststr.go"
	allPlaces     = "\tctrls = *g.ctrls()\n"
)

// To go through a map begins at a random place in a random part of it, and asked for two
// random numbers of 64 bits, of which it used the lowest. A request goes through six.
var ranges = &Saving{What: "random bits that nobody looks at", edits: []edit{
	{mapsFile, "\tit.dirOffset = rand()\n", "\tit.dirOffset = it.entryOffset >> 32\n", 1},
}}

const mapsFile = "internal/runtime/maps/table.go"
