import Storage

extension Decoder {
  /// The decoder as `tokenizers` writes it.
  var json: JSONValue {
    func text(_ bytes: [UInt8]) -> JSONValue { .string(String(decoding: bytes, as: UTF8.self)) }
    return switch self {
    case .byteLevel(let split): .byteLevel(split)
    case .wordPiece(let decoder):
      .part(
        "WordPiece", [("prefix", .string(decoder.prefix)), ("cleanup", .bool(decoder.cleansUp))])
    case .bytePair(let suffix): .part("BPEDecoder", [("suffix", text(suffix))])
    case .metaspace(let metaspace): .metaspace(metaspace)
    case .connectionist(let decoder):
      .part(
        "CTC",
        [
          ("pad_token", text(decoder.padding)), ("word_delimiter_token", text(decoder.delimiter)),
          ("cleanup", .bool(decoder.cleansUp)),
        ])
    case .replace(let replacement): .replacement(replacement)
    case .fuse: .part("Fuse")
    case .strip(let strip):
      .part(
        "Strip",
        [
          ("content", .string(String(strip.content))), ("start", .integer(Int64(strip.start))),
          ("stop", .integer(Int64(strip.stop))),
        ])
    case .byteFallback: .part("ByteFallback")
    case .sequence(let decoders): .part("Sequence", [("decoders", .array(decoders.map(\.json)))])
    }
  }
}

extension JSONValue {
  /// A normalizer or decoder `Replace`.
  static func replacement(_ replacement: Replacement) -> JSONValue {
    .part("Replace", replacement.members)
  }
}

extension Replacement {
  /// The members of a normalizer or decoder `Replace`.
  var members: [(key: String, value: JSONValue)] {
    let content = String(decoding: content, as: UTF8.self)
    return [("pattern", pattern.json), ("content", .string(content))]
  }
}

extension TokenizerJSON {
  /// The member `decoder`; `nil` where tokens are put beside each other.
  func decoder(_ value: JSONValue?) throws(TokenizerError) -> Decoder? {
    guard let value, !value.isNull else { return nil }
    let part = try object(value, "\"decoder\"")
    let type = try type(of: value, "\"decoder\"")
    switch type {
    case "ByteLevel": return .byteLevel(try byteLevel(part))
    case "WordPiece":
      return .wordPiece(
        WordPieceDecoder(
          prefix: try string(part["prefix"]) ?? "##", cleansUp: try flag(part["cleanup"]) ?? true))
    case "BPEDecoder":
      return .bytePair(suffix: Array((try string(part["suffix"]) ?? "</w>").utf8))
    case "Metaspace": return .metaspace(try metaspace(part))
    case "CTC":
      return .connectionist(
        ConnectionistDecoder(
          padding: Array((try string(part["pad_token"]) ?? "<pad>").utf8),
          delimiter: Array((try string(part["word_delimiter_token"]) ?? "|").utf8),
          cleansUp: try flag(part["cleanup"]) ?? true))
    case "Replace": return .replace(try replacement(part))
    case "Fuse": return .fuse
    case "Strip":
      return .strip(
        EndStrip(
          content: try scalar(part["content"], "\"content\""), start: try count(part["start"]),
          stop: try count(part["stop"])))
    case "ByteFallback": return .byteFallback
    case "Sequence":
      var decoders: [Decoder] = []
      for value in try array(part["decoders"], "\"decoders\"") {
        guard let decoder = try decoder(value) else {
          throw corrupt("a decoder of the sequence is null")
        }
        decoders.append(decoder)
      }
      return .sequence(decoders)
    default: throw unsupported("the decoder \"\(type)\"")
    }
  }

  /// A normalizer or decoder `Replace`.
  func replacement(_ part: JSONObject) throws(TokenizerError) -> Replacement {
    Replacement(try pattern(part["pattern"]), by: try string(part["content"]) ?? "")
  }

  private func count(_ value: JSONValue?) throws(TokenizerError) -> Int {
    guard let count = Int(exactly: try integer(value) ?? 0), count >= 0 else {
      throw corrupt("a number of characters is negative")
    }
    return count
  }
}
