// AtlasRequestContext.swift: what is known of a request besides itself: where it comes from.

import Hummingbird
import NIOCore

struct AtlasRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection; nil where the system does not say.
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
