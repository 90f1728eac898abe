public import CRATELM
import Storage
public import SystemPackage
public import Tokenizer

extension TokenizerStore {
  /// The tokens that begin and end texts of `tokenizer`, which was read from `path`.
  ///
  /// A data directory, a run or an export there says what its texts have. Otherwise the end is the
  /// `eos_token` of the files beside the tokenizer, the first of the ids of a `config.json` there, or
  /// a special token that has the name of an end; the beginning is the `bos_token`, or, of files
  /// that name neither, the id of the `config.json`, or else the end, as lm-evaluation-harness has
  /// it. Ids of a `config.json` count if the tokenizer has them as special tokens.
  ///
  /// - Parameters:
  ///   - tokenizer: the tokenizer.
  ///   - path: its file, or the directory of it.
  ///   - directory: the directory of the model, if it is another one.
  /// - Returns: the bounds; without an end if none is found.
  /// - Throws: `FileError`; the errors of `StatedBounds` and `TokenizerFile.roles`.
  public static func bounds(
    of tokenizer: any TextTokenizer, at path: FilePath, model directory: FilePath? = nil
  ) throws -> TextBounds {
    try bounds(of: tokenizer, at: path, stated: stated(at: path, model: directory))
  }

  /// What stands between documents of `tokenizer`, which was read from `path`: the end of
  /// ``bounds(of:at:model:)``, or nothing if a data directory, a run or an export there says so.
  ///
  /// - Throws: as ``bounds(of:at:model:)``.
  public static func documentEnd(
    of tokenizer: any TextTokenizer, at path: FilePath
  ) throws -> DocumentEnd {
    let stated = try Self.stated(at: path, model: nil)
    if case .known(let bounds)? = stated, bounds.end == nil { return .nothing }
    return DocumentEnd(
      id: try bounds(of: tokenizer, at: path, stated: stated).end, in: tokenizer)
  }

  /// What `directory` says, or else that of the tokenizer at `path`.
  private static func stated(
    at path: FilePath, model directory: FilePath?
  ) throws -> StatedBounds? {
    let own = try TokenizerFile.files(at: path).first?.parent
    return try (directory ?? own).flatMap(StatedBounds.init(in:))
  }

  /// The end of texts that the files beside `tokenizer`, which was read from `path`, name although it
  /// has no such token; `nil` if there is none.
  ///
  /// - Throws: as `TokenizerFile.roles`.
  public static func missingEnd(
    of tokenizer: any TextTokenizer, at path: FilePath
  ) throws -> String? {
    guard case .token(let content) = try TokenizerFile.roles(at: path).end,
      tokenizer.token(content) == nil
    else { return nil }
    return content
  }

  /// The bounds that are `stated`, or that the files beside `tokenizer` and names of tokens tell.
  private static func bounds(
    of tokenizer: any TextTokenizer, at path: FilePath, stated: StatedBounds?
  ) throws -> TextBounds {
    var listed = TextBounds(between: nil)
    switch stated {
    case .known(let bounds)? where bounds.fits(vocabularySize: tokenizer.vocabularySize):
      return bounds
    case .known(let bounds)?, .listed(let bounds)?: listed = bounds
    case nil: break
    }
    let special = Set(tokenizer.specialTokens.map(\.id))
    func id(of role: TokenRole) -> TokenID? {
      if case .token(let content) = role { tokenizer.token(content) } else { nil }
    }
    let roles = try TokenizerFile.roles(at: path)
    let ends = listed.ends.filter(special.contains)
    var bounds = TextBounds(between: id(of: roles.end) ?? ends.first ?? tokenizer.endOfText)
    for end in ends where !bounds.ends.contains(end) { bounds.ends.append(end) }
    // A tokenizer whose files name an end alone begins texts after it.
    let beginning = roles == (.unstated, .unstated) ? listed.beginning : nil
    if let id = id(of: roles.beginning) ?? beginning.flatMap({ special.contains($0) ? $0 : nil }) {
      bounds.beginning = id
    }
    return bounds
  }
}

extension TextBounds {
  /// The bounds that the names of the special tokens of `tokenizer` tell.
  public init(namedIn tokenizer: any TextTokenizer) {
    self.init(between: tokenizer.endOfText)
  }
}

extension TextTokenizer {
  /// The token written `content`: a special one, or else one that is a part of text.
  func token(_ content: String) -> TokenID? {
    specialToken(content) ?? id(of: Array(content.utf8))
  }

  /// The number of bytes that each id adds to a text; 0 for special tokens and for `ends`.
  func spelledBytes(endingWith ends: [TokenID]) -> SpelledBytes {
    var counts = spelledBytes.counts
    for end in ends where counts.indices.contains(Int(end)) { counts[Int(end)] = 0 }
    return SpelledBytes(counts)
  }
}
