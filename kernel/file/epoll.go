package file

type epollItem struct{}

func (*epollItem) post() {}
