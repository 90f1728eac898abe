import CZstd

/// The content of a zstd file, which may hold several frames.
@safe final class ZstdStream: ByteStream {
  /// The logarithm of the most bytes for a frame's window, whatever the frame asks for: 128 MiB.
  private static let windowLogMax: Int32 = 27
  private static let outputByteCount = 1 << 18

  private let file: FileStream
  private let expander: OpaquePointer?
  private var input: [UInt8] = []
  private var inputPosition = 0
  private var isInsideFrame = false

  var readByteCount: Int { file.readByteCount }

  init(_ file: FileStream) throws {
    self.file = file
    unsafe expander = ZSTD_createDCtx()
    guard unsafe expander != nil else {
      throw InputError.notExpandable(file.path, reason: "zstd found no memory")
    }
    unsafe ZSTD_DCtx_setParameter(expander, ZSTD_d_windowLogMax, Self.windowLogMax)
  }

  deinit {
    unsafe ZSTD_freeDCtx(expander)
  }

  func next() throws -> [UInt8] {
    while true {
      if inputPosition == input.count {
        input = try file.next()
        inputPosition = 0
      }
      let wasAtEnd = input.isEmpty
      let output = try expand()
      if !output.isEmpty { return output }
      guard wasAtEnd else { continue }
      guard !isInsideFrame else {
        throw InputError.notExpandable(file.path, reason: "its last zstd frame is cut off")
      }
      return []
    }
  }

  /// Expands as much input as fits into one output buffer.
  private func expand() throws -> [UInt8] {
    var failure: String?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.outputByteCount) { output, count in
      unsafe input.withUnsafeBytes { input in
        var source = unsafe ZSTD_inBuffer(
          src: input.baseAddress, size: input.count, pos: inputPosition)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = unsafe ZSTD_decompressStream(expander, &target, &source)
        if ZSTD_isError(status) != 0 {
          failure = unsafe String(cString: ZSTD_getErrorName(status))
        } else {
          let moved = unsafe source.pos > inputPosition || target.pos > 0
          if moved { isInsideFrame = status != 0 }
          unsafe inputPosition = source.pos
          unsafe count = target.pos
        }
      }
    }
    if let failure { throw InputError.notExpandable(file.path, reason: failure) }
    return bytes
  }
}
